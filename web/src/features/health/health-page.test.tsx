import { screen, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { Refusal, renderPage, serve } from '../../../test/page'
import type { Health } from '../../shared/api/health'
import { HealthPage } from './health-page'

afterEach(() => {
  vi.useRealTimers()
})

const WORKER = {
  id: '5a6f1d2c',
  running: 3,
  concurrency: 64,
  seen_seconds_ago: 1.6,
  gone: false,
  draining: false,
  takeovers: 2,
  fenced: 1,
}
const PARTS: Health['parts'] = {
  database: { kind: 'postgresql', waiting: 0 },
  broker: { kind: 'redis', away: false },
  workers: [WORKER],
  queue: { queued: 4, running: 3, oldest_seconds: 200 },
  sockets: { open: 12 },
}

function healthOf(parts: Partial<Health['parts']>): Health {
  return { status: 'ok', parts: { ...PARTS, ...parts } }
}

test('workers, queue and parts are told', async () => {
  serve({ 'GET /api/health': healthOf({}) })
  renderPage(<HealthPage />)

  expect(await screen.findByText('Everything works.')).toBeVisible()
  const row = within(screen.getByRole('row', { name: /5a6f1d2c/ }))
  expect(row.getAllByRole('cell').map((cell) => cell.textContent)).toEqual(['3 of 64', '2 s ago', '2', '1'])
  expect(screen.getAllByRole('definition').map((part) => part.textContent)).toEqual([
    '3',
    '4',
    '3 min',
    'PostgreSQL',
    'Through Redis',
    '12 open',
  ])
})

test.each([
  ['Redis is away', { broker: { kind: 'redis', away: true } }],
  ['The database is away', { queue: null, workers: null }],
  ['No worker is here', { workers: [] }],
  ['No worker is here', { workers: [{ ...WORKER, seen_seconds_ago: 40, gone: true }] }],
] satisfies [string, Partial<Health['parts']>][])('%s', async (words, parts) => {
  serve({ 'GET /api/health': healthOf(parts) })
  renderPage(<HealthPage />)

  expect(await screen.findByRole('status')).toHaveTextContent(words)
})

test('a worker that is gone or ending is marked', async () => {
  const gone = { ...WORKER, id: 'aaaaaaaa', seen_seconds_ago: 16, gone: true }
  const ending = { ...WORKER, id: 'bbbbbbbb', draining: true }
  serve({ 'GET /api/health': healthOf({ workers: [WORKER, ending, gone] }) })
  renderPage(<HealthPage />)

  const names = (await screen.findAllByRole('rowheader')).map((name) => name.textContent)
  expect(names).toEqual(['5a6f1d2c', 'bbbbbbbbis ending', 'aaaaaaaagone'])
})

test('it is looked at again, and what was seen last stays when the server is gone', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  let answers = 0
  serve({
    'GET /api/health': () => {
      answers += 1
      if (answers === 1) return healthOf({})
      if (answers === 2) return healthOf({ queue: { queued: 9, running: 0, oldest_seconds: 1 } })
      return new Refusal(503, 'draining', 'The server is ending.')
    },
  })
  renderPage(<HealthPage />)
  expect(await screen.findByText('Everything works.')).toBeVisible()

  await vi.advanceTimersByTimeAsync(3_100)
  expect(await screen.findByText('9')).toBeVisible()
  await vi.advanceTimersByTimeAsync(3_100)
  expect(await screen.findByText(/The server does not answer/)).toBeVisible()
  expect(screen.getByText('9')).toBeVisible()
})

test('a server that never answered can be asked again', async () => {
  serve({ 'GET /api/health': new Refusal(503, 'draining', 'The server is ending.') })
  renderPage(<HealthPage />)

  expect(await screen.findByRole('alert')).toHaveTextContent('Nothing can be said about the server')
  expect(screen.getByRole('button', { name: 'Try again' })).toBeEnabled()
})
