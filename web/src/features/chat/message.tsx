import { EyeOff, type LucideIcon, Pin, Square } from 'lucide-react'
import { type KeyboardEvent, memo, useId } from 'react'
import type { Saying } from '../../outbox/sayings'
import { isUnfinished } from '../../realtime/conversations'
import { means } from '../../shared/a11y/keymap'
import type { Message as MessageRowData } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { timeOfDay } from '../../shared/lib/time'
import { Markdown } from '../../shared/markdown/markdown'
import { voiceStyle } from '../../shared/theme/voice'
import { Button } from '../../shared/ui/button'
import { Portrait } from '../../shared/ui/portrait'
import { Time } from '../../shared/ui/time'
import { EditForm } from './edit-form'
import { MessageActions } from './message-actions'
import { ReplyText } from './message-text'
import type { RowDeeds, Speaker } from './row-deeds'
import { RowState } from './row-state'
import type { MessageRow } from './rows'
import { messageState, type Remedy, sayingState } from './state-words'
import { Swipes } from './swipes'
import { UsageChip } from './usage-chip'
import { AnswerNow } from './waiting-reply'

interface MessageProps {
  row: MessageRow
  speaker: Speaker
  deeds: RowDeeds
  editing: boolean
  /** The last row: its actions are always in sight. */
  last: boolean
  /** How many messages stand below. */
  following: number
  /** How many rows the chat has; null while that is not known. */
  total: number | null
}

export const Message = memo(function Message(props: MessageProps) {
  return props.row.message.role === 'user' ? <OwnMessage {...props} /> : <CharacterMessage {...props} />
})

function CharacterMessage({ row, speaker, deeds, editing, last, following, total }: MessageProps) {
  const { message } = row
  const t = useText()
  const nameId = useId()
  const running = isUnfinished(message)
  const state = messageState(message)
  const onRemedy = (remedy: Remedy) => (remedy === 'continue' ? deeds.goOn(message) : deeds.retry(message))
  const answers = message.parent_id !== null
  return (
    <article
      aria-labelledby={nameId}
      aria-busy={running}
      {...placeOf(row, total)}
      onKeyDown={turning(row, deeds)}
      style={voiceStyle(speaker.name)}
      className="group/row grid grid-cols-[28px_minmax(0,1fr)] gap-x-3 sm:grid-cols-[36px_minmax(0,1fr)] sm:gap-x-4"
    >
      <Portrait name={speaker.name} image={speaker.image} size="row" ring />
      <div className="min-w-0">
        <p id={nameId} className="flex flex-wrap items-baseline gap-x-2 text-small text-soft">
          <b className="min-w-0 break-words font-semibold text-base text-voice" dir="auto">
            {speaker.name}
          </b>
          {running ? <span>{state.words}</span> : <Moment at={row.at} />}
          <Marks message={message} />
        </p>
        {editing ? (
          <EditForm
            content={message.content}
            onSave={(content) => deeds.save(message, content)}
            onCancel={() => deeds.startEdit(null)}
          />
        ) : (
          <ReplyText message={message} speaker={speaker.name} running={running} />
        )}
        {running && (
          <div className="mt-3 flex flex-wrap gap-2">
            <Button className="min-h-8 px-3 text-small text-soft" onClick={() => deeds.stop(message)}>
              <Square size={15} aria-hidden />
              {t('chat.stop')}
            </Button>
            {message.status === 'queued' && <AnswerNow message={message} onStop={deeds.stop} />}
          </div>
        )}
        {!running && <RowState state={state} onRemedy={onRemedy} className="mt-2" />}
        {!running && !editing && (
          <MessageActions
            message={message}
            deeds={deeds}
            always={last}
            following={following}
            // Out of sight it takes no room: it stands in the gap between two rows.
            className={cx('-ms-2 mt-1', !last && '-mb-9 pointer-coarse:mb-0')}
            swipes={
              (row.siblings.length > 1 || (last && answers)) && (
                <Swipes
                  siblings={row.siblings}
                  id={row.id}
                  canMake={answers}
                  onSelect={deeds.select}
                  onMake={() => deeds.swipe(message)}
                />
              )
            }
          >
            <UsageChip message={message} onOpen={deeds.open} />
          </MessageActions>
        )}
      </div>
    </article>
  )
}

function OwnMessage({ row, deeds, editing, last, following, total }: MessageProps) {
  const { message } = row
  const t = useText()
  return (
    <article
      aria-label={t('chat.youAt', { time: timeOfDay(row.at) })}
      {...placeOf(row, total)}
      onKeyDown={turning(row, deeds)}
      className="group/row grid justify-items-end"
    >
      {editing ? (
        <div className="w-full">
          <EditForm
            content={message.content}
            onSave={(content) => deeds.save(message, content)}
            onSayInstead={(content) => deeds.sayInstead(message, content)}
            onCancel={() => deeds.startEdit(null)}
          />
        </div>
      ) : (
        <OwnText content={message.content} />
      )}
      <div className="mt-1 flex max-w-full items-center justify-end gap-x-2 text-small text-soft">
        {!editing && (
          <MessageActions
            message={message}
            deeds={deeds}
            always={last}
            following={following}
            swipes={
              row.siblings.length > 1 && (
                <Swipes
                  siblings={row.siblings}
                  id={row.id}
                  canMake={false}
                  onSelect={deeds.select}
                  onMake={() => undefined}
                />
              )
            }
          />
        )}
        <Marks message={message} />
        <Moment at={row.at} />
        <RowState state={messageState(message)} onRemedy={() => undefined} />
      </div>
    </article>
  )
}

interface SayingMessageProps {
  saying: Saying
  online: boolean
  deeds: RowDeeds
  /** Its place in the chat, from 1, and how many rows that has; null while that is not known. */
  position?: number | null
  total?: number | null
}

/** What was just said and has no row yet. Its key is the message's id for life, so nothing moves when the row comes. */
export const SayingMessage = memo(function SayingMessage({
  saying,
  online,
  deeds,
  position = null,
  total = null,
}: SayingMessageProps) {
  const t = useText()
  return (
    <article
      aria-label={t('chat.youJustNow')}
      {...placeOf({ id: saying.id, position }, total)}
      className="group/row grid justify-items-end"
    >
      <OwnText content={saying.content} />
      <RowState
        state={sayingState(saying, online)}
        onRemedy={(remedy) => deeds.remedySaying(saying, remedy)}
        className="mt-1 flex min-h-8 items-center"
      />
    </article>
  )
})

/** The arrows turn to the version before or after, when the row itself has the focus. */
function turning({ message, siblings }: MessageRow, deeds: RowDeeds) {
  return (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    const step = means(event, 'previousVersion') ? -1 : means(event, 'nextVersion') ? 1 : 0
    if (step === 0) return
    event.preventDefault()
    turn(message, siblings, document.dir === 'rtl' ? -step : step, deeds)
  }
}

/** Go to another version of a message; a new one of a reply is made after the last. */
export function turn(message: MessageRowData, siblings: readonly string[], step: number, deeds: RowDeeds): void {
  const other = siblings[siblings.indexOf(message.id) + step]
  if (other !== undefined) deeds.select(other)
  else if (step > 0 && message.role === 'assistant' && message.parent_id !== null && !isUnfinished(message))
    deeds.swipe(message)
}

/** Where a row stands in the whole chat, of which only a part is on the page. It can have the focus. */
function placeOf({ id, position }: Pick<MessageRow, 'id' | 'position'>, total: number | null) {
  return {
    'data-row': id,
    'aria-posinset': position ?? undefined,
    'aria-setsize': total ?? -1,
    tabIndex: -1,
  }
}

function OwnText({ content }: { content: string }) {
  return (
    <div className="tale max-w-[34rem] rounded-card border border-transparent bg-mine px-4 py-3">
      <Markdown text={content} />
    </div>
  )
}

/** What the reader has marked a message as. */
function Marks({ message: { hidden, pinned } }: { message: MessageRowData }) {
  const t = useText()
  return (
    <>
      {pinned && <Mark icon={Pin} words={t('chat.pinned')} />}
      {hidden && <Mark icon={EyeOff} words={t('chat.hidden')} />}
    </>
  )
}

function Mark({ icon: Icon, words }: { icon: LucideIcon; words: string }) {
  return (
    <span className="inline-flex items-baseline gap-1 whitespace-nowrap">
      <Icon size={15} aria-hidden className="self-center" />
      {words}
    </span>
  )
}

function Moment({ at }: { at: Date }) {
  return (
    <span className="whitespace-nowrap">
      <Time at={at} form="clock" />
    </span>
  )
}
