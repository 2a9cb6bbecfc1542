import 'fake-indexeddb/auto'
import { describe, expect, test, vi } from 'vitest'
import { Database } from './db'
import { Drafts } from './drafts'

/** The drafts of one browser, as each page of it has them. */
function aBrowser(name: string) {
  return { page: () => new Drafts(new Database(name)), kept: new Database(name) }
}

test('a draft outlives its page, whoever asks first', async () => {
  const { page } = aBrowser('lives')
  const first = page()
  first.write('s1', 'Once upon')
  expect(await first.read('s1')).toBe('Once upon')
  expect(await first.read('s2')).toBe('')
  first.flush()

  await vi.waitFor(async () => expect(await page().read('s1')).toBe('Once upon'))
})

test('a pause in typing is enough to keep it', async () => {
  const { page } = aBrowser('pause')
  const first = page()
  first.write('s1', 'Once')
  first.write('s1', 'Once upon')
  expect(await page().read('s1')).toBe('')

  await vi.waitFor(async () => expect(await page().read('s1')).toBe('Once upon'))
})

test('what was sent never comes back, not even when it was being written', async () => {
  const { page, kept } = aBrowser('sent')
  const first = page()
  first.write('s1', 'Once upon')
  first.flush()
  first.clear('s1')

  expect(await first.read('s1')).toBe('')
  await vi.waitFor(async () => expect(await kept.use((open) => open.count('drafts'))).toBe(0))
  expect(await page().read('s1')).toBe('')
})

describe('a page that ends before the browser has written anything', () => {
  const ended = (name: string) => {
    const database = new Database(name)
    vi.spyOn(database, 'use').mockReturnValue(new Promise(() => undefined))
    return new Drafts(database)
  }

  test('leaves its drafts to the next one, which writes them', async () => {
    const { page, kept } = aBrowser('ended')
    const ending = ended('ended')
    ending.write('s1', 'Once upon')
    ending.leave()

    expect(await page().read('s1')).toBe('Once upon')
    expect(await page().read('s2')).toBe('')
    await vi.waitFor(async () => expect(await kept.use((open) => open.get('drafts', 's1'))).toBe('Once upon'))
    await vi.waitFor(() => expect(localStorage).toHaveLength(0))
  })

  test('brings nothing back that was sent', async () => {
    const { page, kept } = aBrowser('ended and sent')
    await kept.use((open) => open.put('drafts', 'Once upon', 's1'))
    const ending = ended('ended and sent')
    ending.clear('s1')

    expect(await page().read('s1')).toBe('')
    await vi.waitFor(async () => expect(await kept.use((open) => open.count('drafts'))).toBe(0))
  })

  test('takes nothing back that was typed since', async () => {
    const { page } = aBrowser('ended and typed')
    const ending = ended('ended and typed')
    ending.write('s1', 'Once')
    ending.leave()
    const other = page()
    other.write('s1', 'Once upon')
    other.flush()
    await vi.waitFor(() => expect(localStorage).toHaveLength(0))

    expect(await page().read('s1')).toBe('Once upon')
  })
})

test('where the browser keeps nothing, the page still does', async () => {
  const warned = vi.spyOn(console, 'warn').mockReturnValue()
  const closed = new Database('closed')
  vi.spyOn(closed, 'use').mockRejectedValue(new DOMException('No room', 'QuotaExceededError'))
  const drafts = new Drafts(closed)
  drafts.write('s1', 'Once upon')
  drafts.flush()

  expect(await drafts.read('s1')).toBe('Once upon')
  expect(warned).toHaveBeenCalled()
})

test('what is no text is no draft', async () => {
  const { page, kept } = aBrowser('rubbish')
  await kept.use((open) => open.put('drafts', { text: 'Once' } as never, 's1'))

  expect(await page().read('s1')).toBe('')
})
