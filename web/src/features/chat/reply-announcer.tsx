import { useEffect, useRef, useState } from 'react'
import { isUnfinished } from '../../realtime/conversations'
import { conversations } from '../../realtime/realtime'
import type { Message } from '../../shared/api/wire'
import { newSentences } from './sentences'

/** Tells assistive technology what is written: the transcript itself is not live, or every piece would be read. */
export function ReplyAnnouncer({ reply, speaker }: { reply: Message | null; speaker: string }) {
  const [said, setSaid] = useState('')
  const following = useRef<{ id: string; told: number; speaker: string } | null>(null)
  const running = reply !== null && isUnfinished(reply)

  useEffect(() => {
    if (!reply) return
    const { buffers } = conversations
    if (running && following.current?.id !== reply.id) {
      following.current = { id: reply.id, told: buffers.read(reply.id)?.length ?? 0, speaker }
      setSaid(`${speaker} is answering`)
    }
    if (following.current?.id !== reply.id) return
    if (!running) {
      const { words } = newSentences(reply.content, following.current.told, true)
      following.current = null
      setSaid(`${words} Answer ${reply.status === 'complete' ? 'complete' : reply.status}.`.trim())
      return
    }
    return buffers.subscribe(reply.id, () => {
      if (!following.current) return
      const { words, told } = newSentences(buffers.read(reply.id) ?? '', following.current.told, false)
      following.current.told = told
      if (words) setSaid(words)
    })
  }, [reply, running, speaker])

  return (
    <p aria-live="polite" className="sr-only" data-testid="reply-announcer">
      {said}
    </p>
  )
}
