import { useLocation, useSearchParams } from 'react-router'
import { arrivalOf } from './arrival'
import { NewChat } from './new-chat'

/** `/new?character=` begins a chat. */
export function NewChatPage() {
  const [search] = useSearchParams()
  const { firstWords } = arrivalOf(useLocation().state)
  const characterId = search.get('character') ?? ''
  return <NewChat key={characterId} characterId={characterId} firstWords={firstWords} />
}
