import { useCallback, useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { conversations, outbox } from '../../realtime/realtime'
import { useCharacter, useCharacters } from '../../shared/api/characters'
import { useAnsweringModel } from '../../shared/api/models'
import { Problem } from '../../shared/api/problem'
import { updateChatSession } from '../../shared/api/sessions'
import { useText } from '../../shared/i18n/text'
import { part } from '../../shared/lib/part'
import { remember } from '../../shared/lib/storage'
import { Region } from '../../shared/ui/boundary'
import { buttonClass } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Failure, Skeleton } from '../../shared/ui/states'
import { useNotify } from '../../shared/ui/toaster'
import { type Composer, InputForm } from './input-form'
import { MessageList } from './message-list'
import { ModelChip, ModelNote } from './model-chip'
import type { Panel } from './panel'
import type { Speaker } from './row-deeds'
import { runningReply } from './rows'
import { SessionHeader } from './session-header'
import { useArrival } from './use-arrival'
import { useChat, useOnline, usePages } from './use-chat'
import { useComposerCommands } from './use-composer-commands'
import { useRowDeeds } from './use-row-deeds'

// What the first paint of a chat does not show.
const BranchBanner = part(async () => (await import('./branch-banner')).BranchBanner)
const ChatPanel = part(async () => (await import('./chat-panel')).ChatPanel)
const ReplyAnnouncer = part(async () => (await import('./reply-announcer')).ReplyAnnouncer)

const NONE = {}

interface ChatInterfaceProps {
  sessionId: string
  /** The reader has just begun this chat and is still writing in it. */
  begunHere: boolean
}

export function ChatInterface({ sessionId, begunHere }: ChatInterfaceProps) {
  const t = useText()
  const { chat, transcript } = useChat(sessionId)
  const { rows } = transcript
  const online = useOnline()
  const notify = useNotify()
  const composer = useRef<Composer>(null)
  const [editing, setEditing] = useState<string | null>(null)
  const [panel, setPanel] = useState<Panel | null>(null)
  /** After which message the next one comes, null for none; undefined: at the end. */
  const [parentId, setParentId] = useState<string | null>()
  const branch = useCallback((parentId: string | null) => {
    setParentId(parentId)
    composer.current?.focus()
  }, [])
  const deeds = useRowDeeds(sessionId, composer, setEditing, setPanel, branch)
  const onCommand = useComposerCommands(rows, deeds)
  const pages = usePages(sessionId, (error) => notify.alert(error.message))

  const session = chat?.state.session ?? null
  const { data: character } = useCharacter(session?.character_id ?? null)
  const { data: characters, isFetched: knowsSpeakers } = useCharacters()
  const model = useAnsweringModel(session?.ai_model_id, character?.ai_model_id)
  const speakerOf = useCallback(
    (characterId: string | null): Speaker => {
      const speaker = characters?.items.find(({ id }) => id === characterId) ?? character
      return { name: speaker?.name ?? t('chat.nobody'), image: speaker?.avatar_image ?? null }
    },
    [characters, character, t],
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
      <Page title={t('chat.missing')}>
        <Failure
          error={new Problem(chat.problem)}
          what={t('chat.showFailed')}
          onRetry={() => conversations.reopen(sessionId)}
        />
        <Link to="/trash" className={buttonClass('plain', 'mt-4')}>
          {t('chat.lookInTrash')}
        </Link>
      </Page>
    )
  }

  const running = runningReply(rows)
  const speaker = speakerOf(session?.character_id ?? null)
  const name = session && knowsSpeakers ? speaker.name : ''

  return (
    <div className="flex h-full">
      <div className="grid h-full min-w-0 flex-1 grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)_auto]">
        <SessionHeader
          title={session?.title || name}
          character={character ?? null}
          worldTime={session?.world_time}
          keepFocus={begunHere}
          {...(session && { onSettings: (from: HTMLElement) => setPanel({ kind: 'settings', from }) })}
        />
        {(session === null ? rows.length === 0 : !knowsSpeakers || arriving) ? (
          <div className="px-4 pt-12 sm:px-6">
            <Skeleton lines={6} className="mx-auto max-w-[46rem]" />
          </div>
        ) : (
          <Region name={t('chat.transcript')}>
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
          </Region>
        )}
        <Region name={t('chat.message')}>
          <InputForm
            ref={composer}
            draftKey={sessionId}
            placeholder={name && t('chat.saySomething', { name })}
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
            banner={
              parentId !== undefined && (
                <BranchBanner after={chat?.state.messages[parentId ?? '']} onCancel={() => setParentId(undefined)} />
              )
            }
            onSend={(content) => {
              outbox.say({ sessionId, content, ...(parentId !== undefined && { parentId }) })
              setParentId(undefined)
            }}
            onCommand={onCommand}
          />
        </Region>
        <ReplyAnnouncer running={running} messages={chat?.state.messages ?? NONE} speaker={speaker.name} />
      </div>
      {panel && session && chat && (
        <Region name={t('chat.drawer')}>
          <ChatPanel
            panel={panel}
            session={session}
            messages={chat.state.messages}
            deeds={deeds}
            onClose={() => setPanel(null)}
          />
        </Region>
      )}
    </div>
  )
}
