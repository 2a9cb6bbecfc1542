import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router'
import { followSessionNews } from '../features/sessions/session-news'
import { conversations, outbox, socket, store } from '../realtime/realtime'
import { becameOutdated } from '../realtime/store'
import { onExchange } from '../shared/api/client'
import { root } from '../shared/api/root'
import { onAction } from '../shared/lib/actions'
import { interfaceNow, spoken } from '../shared/theme/interface'
import './app.css'
import { ClientLog, watch } from './client-log'
import { Providers, queryClient } from './providers'
import { router } from './router'
import { registerWorker } from './sw-register'
import { isOutdated, leaveOutdated } from './version'

// The scroll lock of dialogs adds a style tag; the policy allows it by the page's nonce alone.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content
if (nonce) setNonce(nonce)

followSessionNews(conversations, queryClient)
conversations.onNews(({ kind }) => {
  if (kind === 'reconnected') void tellIfOutdated()
})
addEventListener('vite:preloadError', () => void leaveOutdated(() => location.reload()))
if (import.meta.env.PROD) void registerWorker(tellIfOutdated)
void outbox.start()
socket.start()

const log = new ClientLog({
  allows: () => interfaceNow().client_log,
  page: () => templateOf(router.state.matches.map(({ route }) => route.path ?? '')),
  send: (events) => {
    const headers = { 'Content-Type': 'application/json', 'X-Causerie': '1' }
    const body = JSON.stringify({ events })
    // What cannot be reported is not worth a second try.
    fetch(new URL('api/client-events', root), { method: 'POST', keepalive: true, headers, body }).catch(() => undefined)
  },
})
watch(log)
onExchange((exchange) => log.exchange(exchange))
onAction((name) => log.action(name))

const place = document.getElementById('root')
if (!place) throw new Error('index.html has no place for the app')
await spoken
createRoot(place, {
  onCaughtError: (error) => {
    console.error(error)
    log.error(error)
  },
}).render(
  <StrictMode>
    <Providers>
      <RouterProvider router={router} />
    </Providers>
  </StrictMode>,
)

async function tellIfOutdated(): Promise<void> {
  if (await isOutdated()) store.dispatch(becameOutdated())
}

/** The route as the server's schema has it; what leads nowhere has none. */
function templateOf(paths: string[]): string | undefined {
  const template = `/${paths.filter(Boolean).join('/')}`
  return /^\/[A-Za-z0-9/:_-]{0,99}$/.test(template) ? template : undefined
}
