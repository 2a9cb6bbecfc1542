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

interface ReplyAnnouncerProps {
  /** The reply that is written now. */
  running: Message | null
  /** All that is known of the chat: how a reply ended that was told of. */
  messages: Readonly<Record<string, Message>>
  speaker: string
}

/**
 * Tells assistive technology what is written: the transcript itself is not live, or every piece would be read. The
 * reader chooses whether whole sentences are told, only that an answer begins and ends, or nothing.
 */
export function ReplyAnnouncer({ running, messages, speaker }: ReplyAnnouncerProps) {
  const t = useText()
  const [{ announce }] = useInterface()
  const [said, say] = useAnnouncements()
  const following = useRef<{ id: string; told: string } | null>(null)
  const id = running?.id

  useEffect(() => {
    const { buffers } = conversations
    const ended = following.current && messages[following.current.id]
    if (following.current && ended && !isUnfinished(ended)) {
      const told = stillTold(ended.content, following.current.told)
      const words = announce === 'ends' ? '' : newSentences(ended.content, told, 'all').words
      const end = ENDS[ended.status]
      following.current = null
      if (end && announce !== 'off') say(t(end, { words }).trim())
    }
    if (announce === 'off') following.current = null
    if (!id || announce === 'off') return
    if (following.current?.id !== id) {
      following.current = { id, told: buffers.read(id) ?? '' }
      say(t('chat.announceAnswering', { name: speaker }))
    }
    if (announce === 'ends') {
      // Sentences that were not wanted are not told later.
      return () => {
        if (following.current) following.current.told = buffers.read(id) ?? ''
      }
    }

    let overdue: ReturnType<typeof setTimeout> | undefined
    const tell = (reach: 'sentences' | 'words') => {
      const text = buffers.read(id)
      if (!following.current || text === undefined) return
      const before = stillTold(text, following.current.told)
      const { words, told } = newSentences(text, before, reach)
      following.current.told = text.slice(0, told)
      if (told === before) return
      clearTimeout(overdue)
      overdue = undefined
      if (words) say(words)
    }
    const stop = buffers.subscribe(id, () => {
      tell('sentences')
      overdue ??= setTimeout(() => tell('words'), LONGEST_WAIT_MS)
    })
    return () => {
      stop()
      clearTimeout(overdue)
    }
  }, [id, messages, speaker, announce, t, say])

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
