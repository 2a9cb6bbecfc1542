import { i18n } from '@lingui/core'
import { act, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { renderPage, serve } from '../../test/page'
import { pseudo } from '../../test/pseudo'
import { HealthPage } from '../features/health/health-page'
import { ModelsPage } from '../features/models/models-page'
import { WelcomePage } from '../features/onboarding/welcome-page'
import { TrashPage } from '../features/trash/trash-page'
import { speak } from '../shared/i18n/language'
import { NotFound } from './errors/route-error'

const NAME = 'Пип'
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
/** Names of products and keys, which no language translates. */
const PROPER = /F8|SQLite|https:\S+|gpt-\S+|Causerie/g

// Persian letters and digits stand for a language with dates of its own.
beforeEach(() => i18n.loadAndActivate({ locale: 'fa', locales: ['fa'], messages: pseudo() }))
afterEach(() => act(() => speak('en')))

test.each<[string, RegExp, ReactNode, Record<string, unknown>]>([
  ['the page that is not there', /·/, <NotFound key="" />, {}],
  [
    'the first page',
    /Пип/,
    <WelcomePage key="" />,
    {
      'GET /api/characters': { items: [{ id: '1', name: NAME, first_mes: '…', avatar_image: null, archived: false }] },
    },
  ],
  [
    'the trash',
    /Ûñţîţļéđ/,
    <TrashPage key="" />,
    {
      'GET /api/trash': { items: [{ id: '1', kind: 'session', name: '', deleted_at: MOMENT, purged_at: MOMENT }] },
    },
  ],
  [
    'the models',
    /Пип/,
    <ModelsPage key="" />,
    {
      'GET /api/models': {
        items: [{ id: '1', name: NAME, provider: 'openai', model: '1', base_url: null, api_key: '…1' }],
      },
      'GET /api/settings': { default_ai_model_id: '1' },
    },
  ],
  ['the health', /Ŵöŕķéŕš/, <HealthPage key="" />, { 'GET /api/health': { status: 'ok', parts: PARTS } }],
])('every word of %s comes from the catalogue', async (_, shows, page, answers) => {
  serve(answers)
  renderPage(page)
  await screen.findAllByText(shows)

  expect(
    shownWords()
      .map((words) => words.replace(PROPER, ''))
      .filter((words) => /[a-z]/i.test(words)),
  ).toEqual([])
})

/** All that a reader sees or hears. */
function shownWords(): string[] {
  const elements = [...document.body.querySelectorAll('*')]
  const texts = elements.flatMap(({ childNodes }) =>
    [...childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE),
  )
  const named = ['aria-label', 'title', 'placeholder', 'alt'].flatMap((name) =>
    elements.map((element) => element.getAttribute(name)),
  )
  return [...texts.map(({ textContent }) => textContent), ...named].filter((words) => words !== null)
}
