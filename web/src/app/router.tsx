import { createBrowserRouter, redirect } from 'react-router'
import { WelcomePage } from '../features/onboarding/welcome-page'
import { Problem } from '../shared/api/problem'
import { root } from '../shared/api/root'
import { getChatSession } from '../shared/api/sessions'
import { recall, remember } from '../shared/lib/storage'
import { NotFound, RouteError } from './errors/route-error'
import { Loading } from './shell/loading'
import { Shell } from './shell/shell'

export const router = createBrowserRouter(
  [
    {
      Component: Shell,
      HydrateFallback: Loading,
      ErrorBoundary: RouteError,
      children: [
        {
          ErrorBoundary: RouteError,
          children: [
            { index: true, loader: lastChat, Component: WelcomePage },
            { path: 'new', lazy: async () => ({ Component: (await import('./new-chat-route')).NewChatRoute }) },
            { path: 'c/:id', lazy: chatPage },
            {
              path: 'gallery',
              lazy: async () => ({ Component: (await import('../features/characters/gallery-page')).CharacterGallery }),
            },
            {
              path: 'characters/new',
              lazy: async () => ({
                Component: (await import('../features/characters/character-page')).NewCharacterPage,
              }),
            },
            {
              path: 'characters/:id',
              lazy: async () => ({
                Component: (await import('../features/characters/character-page')).CharacterPage,
              }),
            },
            {
              path: 'profiles',
              lazy: async () => ({ Component: (await import('../features/profiles/profiles-page')).ProfilesPage }),
            },
            {
              path: 'history',
              lazy: async () => ({ Component: (await import('../features/sessions/history-page')).HistoryPage }),
            },
            {
              path: 'prompts',
              lazy: async () => ({ Component: (await import('../features/prompts/prompts-page')).PromptsPage }),
            },
            {
              path: 'models',
              lazy: async () => ({ Component: (await import('../features/models/models-page')).ModelsPage }),
            },
            {
              path: 'usage',
              lazy: async () => ({ Component: (await import('../features/usage/usage-page')).UsagePage }),
            },
            { path: 'settings', loader: () => redirect('/settings/appearance') },
            {
              path: 'settings/:section',
              lazy: async () => ({ Component: (await import('../features/settings/settings-page')).SettingsPage }),
            },
            {
              path: 'trash',
              lazy: async () => ({ Component: (await import('../features/trash/trash-page')).TrashPage }),
            },
            {
              path: 'health',
              lazy: async () => ({ Component: (await import('../features/health/health-page')).HealthPage }),
            },
            { path: '*', Component: NotFound },
          ],
        },
      ],
    },
  ],
  { basename: root.pathname },
)

async function chatPage() {
  return { Component: (await import('../features/chat/chat-page')).ChatPage }
}

/** `/` goes on where the reader was, if that chat is still there. */
async function lastChat() {
  const id = recall('last-chat')
  if (typeof id !== 'string') return null
  try {
    await getChatSession(id)
  } catch (error) {
    // Without the server nothing can be said about the chat; its page shows what there is to show.
    if (error instanceof Problem && error.body.status === 404) {
      remember('last-chat', null)
      return null
    }
  }
  return redirect(`/c/${id}`)
}
