import { useCallback, useEffect, useRef, useState } from 'react'
import { isUnfinished } from '../../realtime/conversations'
import { conversations } from '../../realtime/realtime'
import type { Message, MessageStatus } from '../../shared/api/wire'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { useInterface } from '../../shared/theme/use-interface'
import { newSentences, stillTold } from './sentences'

/** A sentence that takes longer than this is told as far as its last whole word. */
const LONGEST_WAIT_MS = 3_000
/** A text that is replaced sooner may never be read. */
const STANDS_MS = 150

const ENDS: Partial<Record<MessageStatus, MessageKey>> = {
  complete: 'chat.announceComplete',
  stopped: 'chat.announceStopped',
  failed: 'chat.announceFailed',
}

/**
 * Tells assistive technology what is written: the transcript itself is not live, or every piece would be read. The
 * reader chooses whether whole sentences are told, only that an answer begins and ends, or nothing.
 */
export function ReplyAnnouncer({ reply, speaker }: { reply: Message | null; speaker: string }) {
  const t = useText()
  const [{ announce }] = useInterface()
  const [said, say] = useAnnouncements()
  const following = useRef<{ id: string; told: string } | null>(null)
  const running = reply !== null && isUnfinished(reply)

  useEffect(() => {
    if (!reply || announce === 'off') return
    const { buffers } = conversations
    if (running && following.current?.id !== reply.id) {
      following.current = { id: reply.id, told: buffers.read(reply.id) ?? '' }
      say(t('chat.announceAnswering', { name: speaker }))
    }
    if (following.current?.id !== reply.id) return
    if (!running) {
      const told = stillTold(reply.content, following.current.told)
      const words = announce === 'ends' ? '' : newSentences(reply.content, told, 'all').words
      const end = ENDS[reply.status]
      following.current = null
      if (end) say(t(end, { words }).trim())
      return
    }
    if (announce === 'ends') return

    let overdue: ReturnType<typeof setTimeout> | undefined
    const tell = (reach: 'sentences' | 'words') => {
      const text = buffers.read(reply.id)
      if (!following.current || text === undefined) return
      const before = stillTold(text, following.current.told)
      const { words, told } = newSentences(text, before, reach)
      following.current.told = text.slice(0, told)
      if (told === before) return
      clearTimeout(overdue)
      overdue = undefined
      if (words) say(words)
    }
    const stop = buffers.subscribe(reply.id, () => {
      tell('sentences')
      overdue ??= setTimeout(() => tell('words'), LONGEST_WAIT_MS)
    })
    return () => {
      stop()
      clearTimeout(overdue)
    }
  }, [reply, running, speaker, announce, t, say])

  return (
    <p aria-live="polite" className="sr-only" data-testid="reply-announcer">
      {said && <span key={said.number}>{said.words}</span>}
    </p>
  )
}

/** `number` makes each an element of its own: a page that says the same again would have changed nothing. */
interface Announcement {
  number: number
  words: string
}

/** The announcement that stands there, and how to put another one behind those that wait. */
function useAnnouncements(): [Announcement | undefined, (words: string) => void] {
  const [queue, setQueue] = useState<readonly Announcement[]>([])
  const count = useRef(0)
  const stands = useRef<{ first: Announcement | undefined; since: number }>({ first: undefined, since: 0 })
  const [first] = queue
  const more = queue.length > 1

  // From its drawing on, however late that was.
  useEffect(() => {
    if (first !== stands.current.first) stands.current = { first, since: Date.now() }
    if (!more) return
    const next = () => setQueue(([, ...rest]) => rest)
    const left = stands.current.since + STANDS_MS - Date.now()
    if (left <= 0) return next()
    const timer = setTimeout(next, left)
    return () => clearTimeout(timer)
  }, [first, more])

  const say = useCallback((words: string) => {
    count.current += 1
    const announcement = { number: count.current, words }
    setQueue((before) => [...before, announcement])
  }, [])
  return [first, say]
}
