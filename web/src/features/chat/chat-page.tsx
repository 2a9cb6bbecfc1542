import { useLocation, useParams } from 'react-router'
import { arrivalOf } from './arrival'
import { ChatInterface } from './chat-interface'

/** `/c/:id` shows a chat. */
export function ChatPage() {
  const { id = '' } = useParams()
  const { begunHere } = arrivalOf(useLocation().state)
  return <ChatInterface key={id} sessionId={id} begunHere={begunHere} />
}
