import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router'
import { followSessionNews } from '../features/sessions/use-sessions'
import { conversations, outbox, socket, store } from '../realtime/realtime'
import { becameOutdated } from '../realtime/store'
import { spoken } from '../shared/theme/interface'
import './app.css'
import { Providers, queryClient } from './providers'
import { router } from './router'
import { isOutdated } from './version'

// The scroll lock of dialogs adds a style tag; the policy allows it by the page's nonce alone.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content
if (nonce) setNonce(nonce)

followSessionNews(conversations, queryClient)
conversations.onNews(async ({ kind }) => {
  if (kind === 'reconnected' && (await isOutdated())) store.dispatch(becameOutdated())
})
void outbox.start()
socket.start()

const place = document.getElementById('root')
if (!place) throw new Error('index.html has no place for the app')
await spoken
createRoot(place).render(
  <StrictMode>
    <Providers>
      <RouterProvider router={router} />
    </Providers>
  </StrictMode>,
)
