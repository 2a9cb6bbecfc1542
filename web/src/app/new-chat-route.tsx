import { useSearchParams } from 'react-router'
import { NewChatPage } from '../features/chat/new-chat-page'
import { WelcomePage } from '../features/onboarding/welcome-page'

/** `/new` asks whom to talk to, `/new?character=` begins the chat. */
export function NewChatRoute() {
  const [search] = useSearchParams()
  return search.has('character') ? <NewChatPage /> : <WelcomePage />
}
