import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { Database } from './db'
import type { Saying } from './sayings'
import { Shelf } from './shelf'

const SAYING: Saying = {
  id: 'm1',
  sessionId: null,
  content: 'Hello',
  saidAt: '2026-01-01T00:00:00Z',
  status: 'sending',
  problem: null,
  tries: 0,
}

test('what is no saying is passed over, wherever it lies', async () => {
  const database = new Database('odd')
  const odd = [null, 5, 'm2', { id: 'm3' }, { ...SAYING, id: {} }, { ...SAYING, id: 'm4', content: 5 }]
  const more = [
    { ...SAYING, id: 'm5', status: 'refused' },
    { ...SAYING, id: 'm6', sessionId: 1 },
  ]
  await database.use(async (open) => {
    for (const row of [...odd, ...more].filter((row) => typeof Object(row).id !== 'object')) {
      await open.add('sayings', row as never)
    }
  })
  for (const [index, row] of [...odd, ...more, SAYING].entries()) {
    localStorage.setItem(`causerie.odd saying ${index}`, JSON.stringify(row))
  }

  const shelf = new Shelf(database)
  await shelf.takeUp()

  expect(await shelf.all()).toEqual({ sayings: [SAYING], unread: false })
  expect(shelf.lasting).toBe(true)
})
