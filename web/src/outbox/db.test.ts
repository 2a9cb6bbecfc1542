import 'fake-indexeddb/auto'
import { type IDBPDatabase, openDB } from 'idb'
import { expect, test } from 'vitest'
import { Database, type Tables } from './db'

test('a database that the browser has closed is opened again', async () => {
  const database = new Database('closed by the browser')
  await database.use(async (open) => {
    await open.put('drafts', 'Once upon', 's1')
    open.close()
  })

  expect(await database.use((open) => open.get('drafts', 's1'))).toBe('Once upon')
})

test('a deed that fails twice fails', async () => {
  const database = new Database('broken')
  const tried: IDBPDatabase<Tables>[] = []
  const deed = (open: IDBPDatabase<Tables>) => {
    tried.push(open)
    open.close()
    return open.get('drafts', 's1')
  }

  await expect(database.use(deed)).rejects.toMatchObject({ name: 'InvalidStateError' })
  expect(tried).toHaveLength(2)
  expect(tried[0]).not.toBe(tried[1])
})

test('a newer version of the app need not wait for this page', async () => {
  const database = new Database('new version')
  await database.use((open) => open.put('drafts', 'Once upon', 's1'))

  const newer = await openDB('new version', 2)
  expect(newer.version).toBe(2)
  newer.close()
})
