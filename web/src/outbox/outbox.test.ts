import 'fake-indexeddb/auto'
import { configureStore } from '@reduxjs/toolkit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ProblemBody } from '../shared/api/wire'
import { Database } from './db'
import { Outbox, type Outcome, type Surroundings } from './outbox'
import { reducers, type Saying } from './sayings'
import { Shelf } from './shelf'

/** What the tabs of one browser share: a database, a lock, a channel. */
class Browser {
  static count = 0
  readonly database = `test ${Browser.count++}`
  readonly channels = new Set<Surroundings['tabs']>()
  locked: Promise<void> = Promise.resolve()

  alone = (deed: () => Promise<void>): Promise<void> => {
    this.locked = this.locked.then(deed)
    return this.locked
  }

  channel(): Surroundings['tabs'] {
    const channel: Surroundings['tabs'] = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of this.channels) {
          if (other !== channel) other.onmessage?.call(new BroadcastChannel('unused'), new MessageEvent('', { data }))
        }
      },
    }
    this.channels.add(channel)
    return channel
  }
}

/** Stores every id once, and every message under the one that came before it. */
class Server {
  readonly heard: string[] = []
  readonly stored = new Map<string, string>()
  answer: (saying: Saying) => Outcome | Promise<Outcome> = ({ sessionId }) => ({
    kind: 'stored',
    sessionId: sessionId ?? 'made',
  })

  take(saying: Saying): Outcome | Promise<Outcome> {
    this.heard.push(saying.content)
    this.stored.set(saying.id, saying.content)
    return this.answer(saying)
  }

  get contents(): string[] {
    return [...this.stored.values()]
  }
}

let browser: Browser
let server: Server

class Tab {
  readonly store = configureStore({ reducer: reducers })
  readonly channel = browser.channel()
  readonly persist = vi.fn()
  readonly outbox: Outbox

  constructor(database = new Database(browser.database)) {
    this.outbox = new Outbox(new Shelf(database), {
      send: async (saying) => server.take(saying),
      dispatch: this.store.dispatch,
      expects: () => false,
      alone: browser.alone,
      persist: this.persist,
      tabs: this.channel,
    })
  }

  static async open(): Promise<Tab> {
    const tab = new Tab()
    await tab.outbox.start()
    return tab
  }

  /** Neither its page nor what it was about to do is there any more. */
  crash(): void {
    this.outbox.connected(false)
    browser.channels.delete(this.channel)
  }

  get sayings(): readonly Saying[] {
    return this.store.getState().outbox
  }

  get contents(): string[] {
    return this.sayings.map(({ content }) => content)
  }

  /** Say these and wait until all are written down. */
  async write(...contents: string[]): Promise<void> {
    for (const content of contents) this.outbox.say({ sessionId: 's1', content })
    const shelf = new Shelf(new Database(browser.database))
    await vi.waitFor(async () =>
      expect((await shelf.all()).sayings.map(({ content }) => content)).toEqual(this.contents),
    )
  }

  settled(): Promise<void> {
    return vi.waitFor(() => expect(this.sayings).toEqual([]))
  }
}

beforeEach(() => {
  browser = new Browser()
  server = new Server()
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('what is said is shown at once, and gone when it is stored', async () => {
  const tab = await Tab.open()
  tab.outbox.connected(true)
  const id = tab.outbox.say({ sessionId: 's1', content: 'Good evening' })
  expect(tab.sayings).toMatchObject([{ id, content: 'Good evening', status: 'sending' }])

  await tab.settled()
  expect([...server.stored]).toEqual([[id, 'Good evening']])
})

describe('without a connection', () => {
  test('everything is kept and sent afterwards, in order', async () => {
    const tab = await Tab.open()
    await tab.write('one', 'two', 'three')
    expect(server.heard).toEqual([])

    tab.outbox.connected(true)
    await tab.settled()
    expect(server.heard).toEqual(['one', 'two', 'three'])
  })

  test('the browser is asked once never to clear what is kept', async () => {
    const tab = await Tab.open()
    await tab.write('one', 'two')

    expect(tab.persist).toHaveBeenCalledTimes(1)
  })
})

test('a crash between the writing and the sending loses nothing', async () => {
  const before = await Tab.open()
  await before.write('one', 'two')
  before.crash()

  const after = await Tab.open()
  expect(after.sayings).toMatchObject([
    { content: 'one', status: 'sending' },
    { content: 'two', status: 'sending' },
  ])
  after.outbox.connected(true)
  await after.settled()
  expect(server.contents).toEqual(['one', 'two'])

  expect((await Tab.open()).sayings).toEqual([])
})

test('a page that ends before the browser has written anything loses nothing, and keeps the order', async () => {
  const unanswered = new Database(browser.database)
  vi.spyOn(unanswered, 'use').mockReturnValue(new Promise(() => undefined))
  const ending = new Tab(unanswered)
  for (const content of ['one', 'two', 'three']) ending.outbox.say({ sessionId: 's1', content })
  ending.crash()

  const after = await Tab.open()
  expect(after.contents).toEqual(['one', 'two', 'three'])
  expect(localStorage).toHaveLength(0)
  after.outbox.connected(true)
  await after.settled()
  expect(server.heard).toEqual(['one', 'two', 'three'])
})

test('a saying whose answer is lost is sent again under its id, before what was said later', async () => {
  const tab = await Tab.open()
  await tab.write('one', 'two')
  server.answer = () => ({ kind: 'lost' })
  tab.outbox.connected(true)
  await vi.waitFor(() => expect(server.heard).toEqual(['one']))

  server.answer = () => ({ kind: 'stored', sessionId: 's1' })
  tab.outbox.connected(true)
  await tab.settled()
  expect(server.heard).toEqual(['one', 'one', 'two'])
  expect(server.contents).toEqual(['one', 'two'])
})

test('nothing of a chat is sent before the server has what was said ahead of it; other chats do not wait', async () => {
  const tab = await Tab.open()
  let answer = (_: Outcome) => undefined as undefined
  server.answer = ({ content, sessionId }) =>
    content === 'one'
      ? new Promise((resolve) => {
          answer = (outcome) => void resolve(outcome) as undefined
        })
      : { kind: 'stored', sessionId: sessionId ?? '' }
  await tab.write('one', 'two')
  tab.outbox.say({ sessionId: 's2', content: 'elsewhere' })
  tab.outbox.connected(true)
  await vi.waitFor(() => expect(server.heard.toSorted()).toEqual(['elsewhere', 'one']))

  answer({ kind: 'stored', sessionId: 's1' })
  await tab.settled()
  expect(server.heard.at(-1)).toBe('two')
})

describe('two tabs', () => {
  test('that are online at once send everything once, in order', async () => {
    const [one, other] = [await Tab.open(), await Tab.open()]
    await one.write('one', 'two', 'three')
    await vi.waitFor(() => expect(other.contents).toEqual(['one', 'two', 'three']))

    one.outbox.connected(true)
    other.outbox.connected(true)
    await Promise.all([one.settled(), other.settled()])
    expect(server.heard).toEqual(['one', 'two', 'three'])
  })

  test('show what is said in either, and whichever has a connection sends it', async () => {
    const [away, online] = [await Tab.open(), await Tab.open()]
    online.outbox.connected(true)
    const made: [string, string][] = []
    away.outbox.onStored((id, sessionId) => made.push([id, sessionId]))
    const id = away.outbox.say({ sessionId: null, characterId: 'c1', content: 'Hello' })

    await Promise.all([away.settled(), online.settled()])
    expect(made).toEqual([[id, 'made']])
  })
})

test('a tab tells what it said, or found when it began, from what is said in another meanwhile', async () => {
  const [tab, other] = [await Tab.open(), await Tab.open()]
  await tab.write('Hello')
  await vi.waitFor(() => expect(other.contents).toEqual(['Hello']))
  const later = await Tab.open()

  const id = tab.sayings[0]?.id ?? ''
  expect([tab, other, later].map(({ outbox }) => outbox.isOwn(id))).toEqual([true, false, true])
})

describe('a refusal', () => {
  const problem: ProblemBody = { type: 'about:blank', title: 'Too long', status: 422, code: 'too_long', detail: '' }

  test('stays with its reason, also after a reload, and holds up nothing', async () => {
    const tab = await Tab.open()
    await tab.write('one', 'two')
    server.answer = ({ content }) =>
      content === 'one' ? { kind: 'refused', problem, retryAfter: null } : { kind: 'stored', sessionId: 's1' }
    tab.outbox.connected(true)
    await vi.waitFor(() => expect(tab.sayings).toMatchObject([{ content: 'one', status: 'refused', problem }]))

    expect((await Tab.open()).sayings).toEqual(tab.sayings)
    expect(server.heard).toEqual(['one', 'two'])
  })

  test('can be said again under its id, or discarded in all tabs', async () => {
    const [tab, other] = [await Tab.open(), await Tab.open()]
    server.answer = () => ({ kind: 'refused', problem, retryAfter: null })
    tab.outbox.connected(true)
    const id = tab.outbox.say({ sessionId: 's1', content: 'one' })
    tab.outbox.say({ sessionId: 's1', content: 'two' })
    await vi.waitFor(() => expect(other.sayings.map(({ status }) => status)).toEqual(['refused', 'refused']))

    const [one, two] = tab.sayings
    await tab.outbox.discard(two?.id ?? '')
    server.answer = () => ({ kind: 'stored', sessionId: 's1' })
    if (one) tab.outbox.sayAgain(one)
    await Promise.all([tab.settled(), other.settled()])
    expect(server.heard).toEqual(['one', 'two', 'one'])
    expect(one?.id).toBe(id)
  })

  test('that may pass is no refusal: it is tried again after the time that the server asks for, and first', async () => {
    const tab = await Tab.open()
    await tab.write('one', 'two')
    const busy = { ...problem, code: 'busy', retryable: true }
    server.answer = ({ tries }) =>
      tries < 2 ? { kind: 'refused', problem: busy, retryAfter: 0.01 } : { kind: 'stored', sessionId: 's1' }
    tab.outbox.connected(true)
    await tab.settled()
    expect(server.heard).toEqual(['one', 'one', 'one', 'two', 'two', 'two'])
  })
})

test('a browser that keeps nothing is told of, and what is said there is sent all the same', async () => {
  const closed = new Database('closed')
  vi.spyOn(closed, 'use').mockRejectedValue(new DOMException('', 'SecurityError'))
  vi.spyOn(console, 'warn').mockReturnValue()
  const tab = new Tab(closed)
  await tab.outbox.start()
  tab.outbox.say({ sessionId: 's1', content: 'one' })
  tab.outbox.say({ sessionId: 's1', content: 'two' })
  await vi.waitFor(() => expect(tab.store.getState().keeping.lasting).toBe(false))

  tab.outbox.connected(true)
  await tab.settled()
  expect(server.heard).toEqual(['one', 'two'])
})

test('what a full disk does not let go of is sent once all the same, and shown as it stands now', async () => {
  const tab = await Tab.open()
  await tab.write('one', 'two')
  const problem: ProblemBody = { type: 'about:blank', title: 'Too long', status: 422, code: 'too_long', detail: '' }
  server.answer = ({ content }) =>
    content === 'one' ? { kind: 'refused', problem, retryAfter: null } : { kind: 'stored', sessionId: 's1' }
  vi.spyOn(console, 'warn').mockReturnValue()
  const full = () => {
    throw new DOMException('', 'QuotaExceededError')
  }
  const writes = [vi.spyOn(IDBObjectStore.prototype, 'put'), vi.spyOn(IDBObjectStore.prototype, 'delete')]
  for (const write of writes) write.mockImplementation(full)
  tab.outbox.connected(true)
  await vi.waitFor(() => expect(tab.sayings).toMatchObject([{ content: 'one', status: 'refused', problem }]))

  tab.outbox.say({ sessionId: 's1', content: 'three' })
  await vi.waitFor(() => expect(server.heard).toContain('three'))
  await vi.waitFor(() => expect(tab.contents).toEqual(['one']))
  for (const write of writes) write.mockRestore()
  expect(server.heard).toEqual(['one', 'two', 'three'])
})

test('what cannot be read for a while stays shown, is told of, and is sent as soon as it can be read', async () => {
  const database = new Database(browser.database)
  const tab = new Tab(database)
  await tab.outbox.start()
  await tab.write('one', 'two')
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  vi.spyOn(console, 'warn').mockReturnValue()
  const use = vi.spyOn(database, 'use').mockRejectedValue(new DOMException('', 'UnknownError'))
  tab.outbox.connected(true)
  tab.channel.onmessage?.call(new BroadcastChannel('unused'), new MessageEvent('', { data: { kind: 'changed' } }))
  await vi.waitFor(() => expect(tab.store.getState().keeping.lasting).toBe(false))
  expect(tab.contents).toEqual(['one', 'two'])
  expect(server.heard).toEqual([])

  use.mockRestore()
  await vi.advanceTimersByTimeAsync(3_000)
  await tab.settled()
  expect(server.heard).toEqual(['one', 'two'])
  expect(tab.store.getState().keeping.lasting).toBe(true)
})
