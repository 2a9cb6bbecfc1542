import { useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react'
import { conversations } from '../../realtime/realtime'
import type { Message } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { Markdown } from '../../shared/markdown/markdown'

interface ReplyTextProps {
  message: Message
  speaker: string
  running: boolean
}

/** The text of a reply: what has come so far while it is written, its row afterwards. */
export function ReplyText({ message, speaker, running }: ReplyTextProps) {
  const { buffers } = conversations
  const live = useSyncExternalStore(
    (listener) => buffers.subscribe(message.id, listener),
    () => buffers.read(message.id),
  )
  const text = live ?? message.content
  const before = useOvertaken(text, message.attempt, running)

  if (running && text === '' && before === '') return <TypingIndicator name={speaker} />
  return (
    <div className={cx('tale', running && 'growing')}>
      <Markdown text={text} growing={running} unfinished={message.status !== 'complete'} />
      {before && <p className="whitespace-pre-wrap opacity-55">{before}</p>}
    </div>
  )
}

/** From the stored question to the first word: three dots that breathe, or the same in words where nothing may move. */
function TypingIndicator({ name }: { name: string }) {
  const t = useText()
  return (
    <p className="flex h-[1.6em] items-center gap-1.5 text-soft text-story">
      <span className="sr-only in-data-[motion=reduced]:not-sr-only">{t('chat.typing', { name })}</span>
      {['', '[animation-delay:200ms]', '[animation-delay:400ms]'].map((delay) => (
        <span
          key={delay}
          aria-hidden
          className={cx('size-1.5 animate-breathe rounded-full bg-voice in-data-[motion=reduced]:hidden', delay)}
        />
      ))}
    </p>
  )
}

/** The rest of what an earlier attempt had written, until the new one has overtaken it. */
function useOvertaken(text: string, attempt: number, running: boolean): string {
  const last = useRef({ attempt, text })
  const [before, setBefore] = useState('')
  useLayoutEffect(() => {
    if (attempt !== last.current.attempt) setBefore(last.current.text)
    last.current = { attempt, text }
  }, [attempt, text])
  return running && text.length < before.length ? before.slice(text.length) : ''
}
