import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { onAction, tellAction, told } from '../shared/lib/actions'
import { type ClientEvent, ClientLog } from './client-log'

let sent: ClientEvent[][]
let allowed: boolean
let log: ClientLog

beforeEach(() => {
  vi.useFakeTimers()
  sent = []
  allowed = true
  log = new ClientLog({ allows: () => allowed, page: () => '/c/:id', send: (events) => sent.push(events) })
})

afterEach(() => {
  vi.useRealTimers()
})

test('an error is told by its kind and its places, never by its message', () => {
  const error = new SyntaxError('Unexpected token in "My dear diary"')
  error.stack = `SyntaxError: Unexpected token in "My dear diary"
    at parse (https://host/assets/index-AbC.js:1:200)
    at https://host/assets/chat-page-x_1.js:3:40`
  log.error(error)
  log.flush()

  expect(sent).toMatchObject([
    [{ kind: 'error', name: 'SyntaxError', detail: 'index-AbC.js:1:200 < chat-page-x_1.js:3:40', page: '/c/:id' }],
  ])
  expect(JSON.stringify(sent)).not.toContain('diary')
})

test('what was thrown and is no error is told as unknown', () => {
  log.error('My dear diary')
  log.flush()

  expect(sent).toMatchObject([[{ name: 'Unknown', detail: null }]])
})

describe('a request', () => {
  const exchange = { method: 'GET', path: '/api/messages/{message_id}', status: 200, milliseconds: 40 }

  test.each([
    ['that fails', { ...exchange, status: 503 }, 1],
    ['that does not arrive', { ...exchange, status: 0 }, 1],
    ['that takes long', { ...exchange, milliseconds: 1_200 }, 1],
    ['as it should be', exchange, 0],
  ])('%s', (_, given, times) => {
    log.exchange(given)
    log.flush()

    expect(sent.flat()).toHaveLength(times)
    for (const event of sent.flat()) expect(event.name).toBe('GET /api/messages/{message_id}')
  })
})

test('reports go out together after half a minute, and no more than fit into one', () => {
  for (let n = 0; n < 100; n++) log.interaction('keydown', 250.4)
  vi.advanceTimersByTime(29_999)
  expect(sent).toEqual([])
  vi.advanceTimersByTime(1)

  expect(sent).toHaveLength(1)
  expect(sent[0]).toHaveLength(30)
  expect(sent[0]?.[0]).toMatchObject({ kind: 'slow_interaction', name: 'keydown', duration_ms: 250 })
  expect(new Blob([JSON.stringify({ events: sent[0] })]).size).toBeLessThan(16 * 1024)
})

test('what the reader does is told by its name alone, and leaves room for what goes wrong', () => {
  const stop = onAction((name) => log.action(name))
  const fork = vi.fn()
  told('message', { fork }).fork('My dear diary')
  for (let n = 0; n < 40; n++) tellAction('palette')
  stop()
  tellAction('sidebar')
  log.error(new TypeError('no'))
  log.flush()

  const [events = []] = sent
  expect(fork).toHaveBeenCalledWith('My dear diary')
  expect(events[0]).toEqual({ kind: 'action', name: 'message.fork', page: '/c/:id', at: expect.any(String) })
  expect(events.map(({ name }) => name)).toEqual(['message.fork', ...Array(14).fill('palette'), 'TypeError'])
})

test('a reader who does not want it is not reported on, also not on what came before', () => {
  log.interaction('keydown', 250)
  allowed = false
  log.interaction('click', 250)
  log.flush()

  expect(sent).toEqual([])
})
