import { useLocation, useParams, useSearchParams } from 'react-router'
import { ChatInterface } from './chat-interface'
import { NewChat } from './new-chat'

/** `/c/:id` shows a chat, `/new?character=` begins one. */
export function ChatPage() {
  const { id } = useParams()
  const [search] = useSearchParams()
  const { state } = useLocation()
  if (id !== undefined) return <ChatInterface key={id} sessionId={id} begunHere={state === 'begun'} />
  const characterId = search.get('character') ?? ''
  return <NewChat key={characterId} characterId={characterId} firstWords={search.get('say')} />
}
