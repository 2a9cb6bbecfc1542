import { i18n } from '@lingui/core'
import { act, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { notedDeeds } from '../../test/factories/deeds'
import { aCharacter, aModel, aSession } from '../../test/factories/rows'
import { withLayout } from '../../test/layout'
import { renderPage, serve } from '../../test/page'
import { pseudo } from '../../test/pseudo'
import { CharacterPage, NewCharacterPage } from '../features/characters/character-page'
import { CharacterGallery } from '../features/characters/gallery-page'
import { ChatPanel } from '../features/chat/chat-panel'
import { NewChat } from '../features/chat/new-chat'
import { HealthPage } from '../features/health/health-page'
import { ModelsPage } from '../features/models/models-page'
import { WelcomeModal } from '../features/onboarding/welcome-modal'
import { WelcomePage } from '../features/onboarding/welcome-page'
import { ProfilesPage } from '../features/profiles/profiles-page'
import { PromptsPage } from '../features/prompts/prompts-page'
import { HistoryPage } from '../features/sessions/history-page'
import { SettingsPage } from '../features/settings/settings-page'
import { TrashPage } from '../features/trash/trash-page'
import { UsagePage } from '../features/usage/usage-page'
import { KeysDialog } from '../shared/a11y/keys-dialog'
import { speak } from '../shared/i18n/language'
import { NotFound } from './errors/route-error'
import { ShellPalette } from './shell/commands'
import { Sidebar } from './shell/sidebar'

const NAME = 'Пип'
const WORDS = 'Садовник, и больше ничего.'
const MOMENT = '2026-11-21T16:00:00Z'
const PARTS = {
  database: { kind: 'sqlite', waiting: 0 },
  broker: { kind: 'memory', away: false },
  workers: [
    { id: '1', running: 3, concurrency: 64, seen_seconds_ago: 1, lost: false, draining: true, takeovers: 2, fenced: 1 },
  ],
  queue: { queued: 4, running: 3, oldest_seconds: 200 },
  sockets: { open: 12 },
}
const FIGURES = {
  replies: 3,
  prompt_tokens: 2_000,
  completion_tokens: 300,
  cost: 0.1,
  first_token_ms: { p50: 400, p95: 2_000 },
  total_ms: { p50: 3_000, p95: 9_000 },
}
const PIP = aCharacter({
  name: NAME,
  description: WORDS,
  first_mes: WORDS,
  alternate_greetings: [WORDS, WORDS],
  tags: ['сад'],
})
const CHAT = aSession({ title: NAME, character_id: PIP.id, last_line: WORDS, unread: true, pinned: true })
const kept = { user_id: 'u', version: 1, created_at: MOMENT, updated_at: MOMENT }
/** An installation where everything is called by names that are not Latin. */
const ANSWERS = {
  'GET /api/characters': { items: [PIP], next_cursor: null },
  'GET /api/characters/c1': PIP,
  'GET /api/characters/c1/revisions': {
    items: [{ version: 1, fields: { ...PIP, description: NAME }, created_at: MOMENT }],
    next_cursor: null,
  },
  'GET /api/sessions': { items: [CHAT], next_cursor: null },
  'GET /api/health': { status: 'ok', parts: PARTS },
  'GET /api/models': { items: [aModel({ name: NAME, model: '1' })], next_cursor: null },
  'GET /api/profiles': {
    items: [{ id: 'p1', name: NAME, avatar_image: null, description: '', is_default: true, ...kept }],
    next_cursor: null,
  },
  'GET /api/prompts': { items: [{ id: 'p2', name: NAME, content: '', is_default: true, ...kept }], next_cursor: null },
  'GET /api/settings': {
    default_ai_model_id: 'local',
    default_system_prompt_id: 'p2',
    default_user_profile_id: 'p1',
    context_messages: 50,
    retention_days: 30,
    retry_paid: false,
    interface: { welcomed: true },
    version: 1,
  },
  'GET /api/trash': { items: [{ id: '1', kind: 'session', name: '', deleted_at: MOMENT, purged_at: MOMENT }] },
  'GET /api/usage': { items: [{ key: '2026-11-21', label: '2026-11-21', ...FIGURES }], totals: FIGURES },
}
/** Names of products, keys and languages, which no language translates. */
const PROPER = /F8|SQLite|https:\S+|gpt-\S+|Causerie|English|Aa/g
const nothing = () => undefined

withLayout()

beforeEach(() => {
  Element.prototype.scrollIntoView = vi.fn()
  // Persian letters and digits stand for a language with dates of its own.
  i18n.loadAndActivate({ locale: 'fa', locales: ['fa'], messages: pseudo() })
})
afterEach(() => act(() => speak('en')))

interface Place {
  page: ReactNode
  /** Once this is there, all is. */
  shows: RegExp
  path?: string
  at?: string
}

const PLACES: Record<string, Place> = {
  'the page that is not there': { page: <NotFound />, shows: /·/ },
  'the first page': { page: <WelcomePage />, shows: /Пип/ },
  'the welcome': { page: <WelcomeModal onClose={nothing} />, shows: /Пип ïš|Пип.*ŕéàđý/ },
  'the sidebar': {
    page: <Sidebar onSearch={nothing} onHide={nothing} />,
    shows: /Пип/,
    path: '/models',
    at: '/models',
  },
  'the palette': {
    page: <ShellPalette toggleSidebar={nothing} showKeys={nothing} onClose={nothing} />,
    shows: /Пип/,
  },
  'the keys': { page: <KeysDialog onClose={nothing} />, shows: /·/ },
  'the gallery': { page: <CharacterGallery />, shows: /Пип/ },
  'a character': { page: <CharacterPage />, shows: /Садовник/, path: '/characters/:id', at: '/characters/c1' },
  'a character that is changed': {
    page: <CharacterPage />,
    shows: /Пип/,
    path: '/characters/:id',
    at: '/characters/c1?tab=edit',
  },
  'the versions of a character': {
    page: <CharacterPage />,
    shows: /Ṽéŕšîöñ ·+۱/,
    path: '/characters/:id',
    at: '/characters/c1?tab=versions',
  },
  'a new character': { page: <NewCharacterPage />, shows: /·/ },
  'a new chat': { page: <NewChat characterId="c1" firstWords={null} />, shows: /Садовник/ },
  'the settings of a chat': {
    page: (
      <ChatPanel
        panel={{ kind: 'settings', from: null }}
        session={CHAT}
        messages={{}}
        deeds={notedDeeds()}
        onClose={nothing}
      />
    ),
    shows: /Пип/,
  },
  'the history': { page: <HistoryPage />, shows: /Пип/ },
  'the trash': { page: <TrashPage />, shows: /Ûñţîţļéđ/ },
  'the models': { page: <ModelsPage />, shows: /Пип/ },
  'a model that is changed': { page: <ModelsPage />, shows: /Ţéɱþéŕàţûŕé/, at: '/models?edit=local' },
  'the personas': { page: <ProfilesPage />, shows: /Пип/ },
  'a persona that is changed': { page: <ProfilesPage />, shows: /Ðéšçŕîþţîöñ|Đéšçŕîþţîöñ/, at: '/profiles?edit=p1' },
  'the prompts': { page: <PromptsPage />, shows: /Пип/ },
  'the usage': { page: <UsagePage />, shows: /Ţöğéţĥéŕ/ },
  'the health': { page: <HealthPage />, shows: /Ŵöŕķéŕš/ },
  ...Object.fromEntries(
    ['appearance', 'reading', 'writing', 'keys', 'conversation', 'texts', 'privacy'].map((section) => [
      `the settings, ${section}`,
      { page: <SettingsPage />, shows: /·/, path: '/settings/:section', at: `/settings/${section}` },
    ]),
  ),
}

test.each(Object.entries(PLACES))('every word of %s comes from the catalogue', async (_, { page, shows, ...place }) => {
  serve(ANSWERS)
  renderPage(page, place)
  await screen.findAllByText(shows)

  expect(
    shownWords()
      .map((words) => words.replace(PROPER, ''))
      .filter((words) => /[a-z]/i.test(words)),
  ).toEqual([])
})

/** All that a reader sees or hears. */
function shownWords(): string[] {
  const elements = [...document.body.querySelectorAll('*')].filter((element) => !element.closest('kbd, code'))
  const texts = elements.flatMap(({ childNodes }) =>
    [...childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE),
  )
  const named = ['aria-label', 'title', 'placeholder', 'alt'].flatMap((name) =>
    elements.map((element) => element.getAttribute(name)),
  )
  return [...texts.map(({ textContent }) => textContent), ...named].filter((words) => words !== null)
}
