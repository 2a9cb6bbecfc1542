import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { Database } from './db'
import { Outbox, type Surroundings } from './outbox'
import { Shelf } from './shelf'

test('news of another shape, from a tab of another version, are passed over, and those after them are heard', async () => {
  const tabs: Surroundings['tabs'] = { onmessage: null, postMessage: vi.fn() }
  const outbox = new Outbox(new Shelf(new Database('news')), {
    send: async () => ({ kind: 'lost' }),
    dispatch: vi.fn(),
    expects: () => false,
    alone: (deed) => deed(),
    persist: vi.fn(),
    tabs,
  })
  const heard = vi.fn()
  outbox.onStored(heard)
  await outbox.start()

  const odd = [null, 'stored', 7, {}, { kind: 'other' }, { kind: 'stored' }, { kind: 'stored', id: 1, sessionId: 's1' }]
  for (const data of [...odd, { kind: 'stored', id: 'm1', sessionId: 's1' }]) {
    tabs.onmessage?.call(new BroadcastChannel('unused'), new MessageEvent('', { data }))
  }

  await vi.waitFor(() => expect(heard).toHaveBeenCalled())
  expect(heard.mock.calls).toEqual([['m1', 's1']])
})
