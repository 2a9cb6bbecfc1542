import { useLocation, useParams, useSearchParams } from 'react-router'
import { arrivalOf } from './arrival'
import { ChatInterface } from './chat-interface'
import { NewChat } from './new-chat'

/** `/c/:id` shows a chat, `/new?character=` begins one. */
export function ChatPage() {
  const { id } = useParams()
  const [search] = useSearchParams()
  const { begunHere, firstWords } = arrivalOf(useLocation().state)
  if (id !== undefined) return <ChatInterface key={id} sessionId={id} begunHere={begunHere} />
  const characterId = search.get('character') ?? ''
  return <NewChat key={characterId} characterId={characterId} firstWords={firstWords} />
}
