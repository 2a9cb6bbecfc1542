import { useCallback, useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { conversations, outbox } from '../../realtime/realtime'
import { useCharacter, useCharacters } from '../../shared/api/characters'
import { useAnsweringModel } from '../../shared/api/models'
import { Problem } from '../../shared/api/problem'
import { updateChatSession } from '../../shared/api/sessions'
import { remember } from '../../shared/lib/storage'
import { buttonClass } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Failure, Skeleton } from '../../shared/ui/states'
import { useNotify } from '../../shared/ui/toaster'
import { type Composer, InputForm } from './input-form'
import type { Speaker } from './message'
import { MessageList } from './message-list'
import { ModelChip, ModelNote } from './model-chip'
import { ReplyAnnouncer } from './reply-announcer'
import { runningReply } from './rows'
import { SessionHeader } from './session-header'
import { useArrival } from './use-arrival'
import { useChat, useOnline, usePages } from './use-chat'
import { useRowDeeds } from './use-row-deeds'

const NOBODY: Speaker = { name: 'Nobody in particular', image: null }

interface ChatInterfaceProps {
  sessionId: string
  /** The reader has just begun this chat and is still writing in it. */
  begunHere: boolean
}

export function ChatInterface({ sessionId, begunHere }: ChatInterfaceProps) {
  const { chat, transcript } = useChat(sessionId)
  const { rows } = transcript
  const online = useOnline()
  const notify = useNotify()
  const composer = useRef<Composer>(null)
  const [editing, setEditing] = useState<string | null>(null)
  const deeds = useRowDeeds(sessionId, composer, setEditing)
  const pages = usePages(sessionId, (error) => notify.alert(error.message))

  const session = chat?.state.session ?? null
  const { data: character } = useCharacter(session?.character_id ?? null)
  const { data: characters, isFetched: knowsSpeakers } = useCharacters()
  const model = useAnsweringModel(session?.ai_model_id, character?.ai_model_id)
  const speakerOf = useCallback(
    (characterId: string | null): Speaker => {
      const speaker = characters?.items.find(({ id }) => id === characterId) ?? character
      return speaker ? { name: speaker.name, image: speaker.avatar_image } : NOBODY
    },
    [characters, character],
  )

  const { arriving, spot } = useArrival(sessionId, session !== null, rows, (error) => notify.alert(error.message))

  useEffect(() => {
    if (begunHere) composer.current?.focus()
  }, [begunHere])
  const shown = session !== null && !chat?.problem
  useEffect(() => {
    if (shown) remember('last-chat', sessionId)
  }, [shown, sessionId])

  if (chat?.problem) {
    return (
      <Page title="This chat is not here">
        <Failure
          error={new Problem(chat.problem)}
          what="The chat cannot be shown"
          onRetry={() => conversations.reopen(sessionId)}
        />
        <Link to="/trash" className={buttonClass('plain', 'mt-4')}>
          Look in the trash
        </Link>
      </Page>
    )
  }

  const running = runningReply(rows)
  const newestReply = rows.findLast((row) => row.kind === 'message' && row.message.role === 'assistant')
  const lastOwn = rows.findLast((row) => row.kind === 'message' && row.message.role === 'user')
  const speaker = speakerOf(session?.character_id ?? null)
  const name = session && knowsSpeakers ? speaker.name : ''

  return (
    <div className="grid h-full grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)_auto]">
      <SessionHeader
        title={session?.title || name}
        character={character ?? null}
        worldTime={session?.world_time}
        keepFocus={begunHere}
      />
      {session === null || !knowsSpeakers || arriving ? (
        <div className="px-4 pt-12 sm:px-6">
          <Skeleton lines={6} className="mx-auto max-w-[46rem]" />
        </div>
      ) : (
        <MessageList
          sessionId={sessionId}
          transcript={transcript}
          speakerOf={speakerOf}
          deeds={deeds}
          editing={editing}
          online={online}
          pages={pages}
          spot={spot}
        />
      )}
      <InputForm
        ref={composer}
        draftKey={sessionId}
        placeholder={name && `Say something to ${name}`}
        tools={
          <ModelChip
            model={model}
            onChoose={(ai_model_id) => {
              updateChatSession(sessionId, { ai_model_id }).then(
                (row) => conversations.takeInSession(row),
                (error: Error) => notify.alert(error.message),
              )
            }}
          />
        }
        note={<ModelNote model={model} ready={session !== null} />}
        onSend={(content) => outbox.say({ sessionId, content })}
        onEditLast={() => lastOwn && setEditing(lastOwn.id)}
        onEscape={() => running && deeds.stop(running)}
      />
      <ReplyAnnouncer
        reply={running ?? (newestReply?.kind === 'message' ? newestReply.message : null)}
        speaker={speaker.name}
      />
    </div>
  )
}
