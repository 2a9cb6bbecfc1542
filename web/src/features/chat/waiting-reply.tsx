import { SkipForward } from 'lucide-react'
import { useSelector } from 'react-redux'
import { isUnfinished } from '../../realtime/conversations'
import type { RootState } from '../../realtime/store'
import type { Message } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'

/** Ends the reply that another one waits for, with what it has said so far. */
export function AnswerNow({ message, onStop }: { message: Message; onStop: (running: Message) => void }) {
  const t = useText()
  const running = useSelector((state: RootState) => writtenBefore(state, message))
  if (!running) return null
  return (
    <Button className="min-h-8 px-3 text-small text-soft" onClick={() => onStop(running)}>
      <SkipForward size={15} aria-hidden className="rtl:-scale-x-100" />
      {t('chat.answerNow')}
    </Button>
  )
}

/** The reply of the same chat that is written while `message` waits. Ids are minted in the order of time. */
function writtenBefore(state: RootState, { id, session_id }: Message): Message | undefined {
  const messages = state.chats[session_id]?.state.messages ?? {}
  return Object.values(messages)
    .filter((other) => other.id < id && isUnfinished(other))
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))[0]
}
