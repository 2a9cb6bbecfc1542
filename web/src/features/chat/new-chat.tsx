import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { outbox } from '../../realtime/realtime'
import { useCharacter } from '../../shared/api/characters'
import { useAnsweringModel } from '../../shared/api/models'
import { useText } from '../../shared/i18n/text'
import { useStarters } from '../../shared/lib/starters'
import { Markdown } from '../../shared/markdown/markdown'
import { voiceStyle } from '../../shared/theme/voice'
import { Button } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Portrait } from '../../shared/ui/portrait'
import { Failure, Skeleton } from '../../shared/ui/states'
import { BEGUN_HERE } from './arrival'
import { type Composer, InputForm } from './input-form'
import { SayingMessage } from './message'
import { ModelChip, ModelNote } from './model-chip'
import { sayingRows } from './rows'
import { SessionHeader } from './session-header'
import { useOnline, useOutbox } from './use-chat'
import { useRowDeeds } from './use-row-deeds'

/** There are no rows yet that could be edited or looked into. */
const nothing = () => undefined
const NOTHING_SHOWN: ReadonlySet<string> = new Set()

interface NewChatProps {
  characterId: string
  /** Words chosen elsewhere that begin the chat at once. */
  firstWords: string | null
}

/** A chat that begins with its first message: until that is stored there is nothing to keep. */
export function NewChat({ characterId, firstWords }: NewChatProps) {
  const t = useText()
  const navigate = useNavigate()
  const location = useLocation()
  const online = useOnline()
  const composer = useRef<Composer>(null)
  const deeds = useRowDeeds('', composer, nothing, nothing, nothing)
  const starters = useStarters()
  const [chosenModel, setChosenModel] = useState<string | null>(null)
  const { data: character, error, refetch } = useCharacter(characterId)
  const model = useAnsweringModel(chosenModel, character?.ai_model_id)
  // Another tab may begin a chat with the same character: that is its own.
  const sayings = sayingRows(useOutbox(), null, NOTHING_SHOWN).filter(
    ({ id, saying }) => saying.characterId === characterId && outbox.isOwn(id),
  )

  function begin(content: string) {
    outbox.say({
      sessionId: null,
      characterId,
      content,
      ...(chosenModel !== null && { modelId: chosenModel }),
    })
  }

  useEffect(() => composer.current?.focus(), [])

  // Whichever tab sends it, and whenever: the chat is made when its first words are stored.
  const shown = useRef(new Set<string>())
  useEffect(() => {
    for (const { id } of sayings) shown.current.add(id)
  })
  const follow = useEffectEvent((id: string, sessionId: string) => {
    // Its row may have come before, and it is not among the sayings then.
    if (shown.current.has(id)) navigate(`/c/${sessionId}`, { replace: true, state: BEGUN_HERE })
  })
  useEffect(() => outbox.onStored((id, sessionId) => follow(id, sessionId)), [])

  const beginWith = useEffectEvent((words: string) => {
    // Taken out of the history first: a reload or the way back must not say it again.
    navigate({ search: location.search }, { replace: true, state: null })
    begin(words)
  })
  const begun = useRef(false)
  useEffect(() => {
    if (firstWords === null || begun.current) return
    begun.current = true
    beginWith(firstWords)
  }, [firstWords])

  if (error && !character) {
    return (
      <Page title={t('chat.characterMissing')}>
        <Failure error={error} what={t('chat.characterFailed')} onRetry={() => void refetch()} />
      </Page>
    )
  }
  if (!character) {
    return (
      <div className="px-4 pt-28 sm:px-6">
        <Skeleton lines={5} className="mx-auto max-w-[46rem]" />
      </div>
    )
  }

  return (
    <div className="grid h-full grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)_auto]">
      <SessionHeader title={t('chat.new')} character={character} keepFocus={firstWords !== null} />
      <div className="overflow-y-auto px-4 pt-8 pb-6 sm:px-6">
        <div className="mx-auto grid max-w-[46rem] grid-cols-[minmax(0,1fr)] gap-6">
          {character.first_mes && (
            <article
              aria-label={character.name}
              style={voiceStyle(character.name)}
              className="grid grid-cols-[28px_minmax(0,1fr)] gap-x-3 sm:grid-cols-[36px_minmax(0,1fr)] sm:gap-x-4"
            >
              <Portrait name={character.name} image={character.avatar_image} size="row" ring />
              <div className="min-w-0">
                <p className="font-semibold text-voice" dir="auto">
                  {character.name}
                </p>
                <div className="tale">
                  <Markdown text={character.first_mes} />
                </div>
              </div>
            </article>
          )}
          {sayings.map(({ id, saying }) => (
            <SayingMessage key={id} saying={saying} online={online} deeds={deeds} />
          ))}
          {sayings.length === 0 && (
            <ul aria-label={t('chat.waysToBegin')} className="flex flex-wrap gap-2 ps-10 sm:ps-13">
              {starters.map((words) => (
                <li key={words}>
                  <Button className="rounded-card text-start font-story" onClick={() => begin(words)}>
                    {words}
                  </Button>
                </li>
              ))}
            </ul>
          )}
        </div>
      </div>
      <InputForm
        ref={composer}
        draftKey={`new:${characterId}`}
        placeholder={t('chat.saySomething', { name: character.name })}
        disabled={sayings.some(({ saying }) => saying.status === 'sending')}
        tools={<ModelChip model={model} onChoose={setChosenModel} />}
        note={<ModelNote model={model} ready />}
        onSend={begin}
        onCommand={nothing}
      />
    </div>
  )
}
