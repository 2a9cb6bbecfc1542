import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { aMessage, aSaying, aSession } from '../../test/factories/rows'
import { said } from '../outbox/sayings'
import type { Message } from '../shared/api/wire'
import type { ChatMessage } from './commands'
import { Conversations, type SessionNews } from './conversations'
import type { ClientFrame, ServerFrame } from './protocol'
import { sha256 } from './sha256'
import { createStore } from './store'

const SESSION = aSession({ id: 's1', active_leaf_id: 'm1' })
const GREETING = aMessage({ id: 'm1', role: 'assistant', content: 'Come in.' })

class FakeSocket {
  online = true
  sent: ClientFrame[] = []
  pings = 0
  reconnects = 0

  send(frame: ClientFrame): boolean {
    if (this.online && frame.type === 'ping') this.pings += 1
    else if (this.online) this.sent.push(frame)
    return this.online
  }

  reconnect(): void {
    this.reconnects += 1
  }

  take(): ClientFrame[] {
    return this.sent.splice(0)
  }
}

let socket: FakeSocket
let conversations: Conversations
let fetchedBranches: (string | null)[]
let rowsAreThere: boolean

const chat = () => conversations.store.getState().chats.s1
const receive = (...frames: object[]) => {
  for (const frame of frames) conversations.onFrame(frame as ServerFrame)
}
const WELCOME = { type: 'welcome', connection_id: 'c', heartbeat: 15, epoch: 'e', protocol: 1, features: [] }
const joined = (messages: Message[], seq = 1, session = SESSION) => ({
  type: 'session:joined',
  session_id: 's1',
  epoch: 'e',
  seq,
  session,
  messages,
  live: [],
})

function connect(): void {
  socket.online = true
  conversations.onStatus('online')
  receive(WELCOME)
}

function disconnect(): void {
  socket.online = false
  conversations.onStatus('waiting')
}

beforeEach(() => {
  vi.useFakeTimers()
  socket = new FakeSocket()
  fetchedBranches = []
  rowsAreThere = true
  conversations = new Conversations(createStore(), {
    page: (_, leaf) => {
      fetchedBranches.push(leaf)
      return Promise.resolve([aMessage({ id: leaf ?? '', role: 'assistant', content: 'Elsewhere.' })])
    },
    message: () => Promise.resolve(aMessage({ id: 'm3', role: 'assistant', content: 'As stored.', version: 9 })),
    areThere: () => Promise.resolve(rowsAreThere),
  })
  conversations.attach(socket)
  connect()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('what is said', () => {
  const frame: ChatMessage = { type: 'chat:message', id: 'm2', session_id: 's1', content: 'Good evening' }
  const ack = { type: 'ack', ref: 'm2', session_id: 's1', message_id: 'm2', duplicate: false }

  test('is shown until its row is there', () => {
    conversations.open('s1')
    receive(joined([GREETING]))
    conversations.store.dispatch(said(aSaying({ id: 'm2' })))
    expect(conversations.expects('s1', 'm2')).toBe(true)

    const row = aMessage({ id: 'm2', parent_id: 'm1', content: 'Good evening' })
    receive({ type: 'message:created', seq: 2, session_id: 's1', message: row })
    expect(conversations.store.getState().outbox).toEqual([])
    expect(conversations.expects('s1', 'm2')).toBe(false)
  })

  test('is sent over one connection, whose answer is told', async () => {
    const answer = conversations.commands.say(frame)
    expect(socket.take()).toEqual([frame])
    receive(ack)
    expect(await answer).toEqual(ack)
  })

  test('has no answer when the connection ends before it, or is not there', async () => {
    const answer = conversations.commands.say(frame)
    disconnect()
    expect(await answer).toBeNull()
    expect(await conversations.commands.say(frame)).toBeNull()

    socket.take()
    connect()
    expect(socket.take()).toEqual([])
  })

  test('without an acknowledgement for five seconds ends the connection', async () => {
    void conversations.commands.say(frame)
    vi.advanceTimersByTime(5_000)
    expect(socket.reconnects).toBe(1)

    disconnect()
    vi.advanceTimersByTime(60_000)
    expect(socket.reconnects).toBe(1)
  })

  test('is waited for twice as long each time that a slow server has not answered, until it has', () => {
    const limits = [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]
    for (const [earlier, limit] of limits.entries()) {
      void conversations.commands.say(frame)
      vi.advanceTimersByTime(limit - 1)
      expect(socket.reconnects).toBe(earlier)
      vi.advanceTimersByTime(1)
      expect(socket.reconnects).toBe(earlier + 1)
      disconnect()
      connect()
    }

    void conversations.commands.say(frame)
    receive(ack)
    void conversations.commands.say(frame)
    vi.advanceTimersByTime(5_000)
    expect(socket.reconnects).toBe(limits.length + 1)
  })

  test('is refused with the reason of the server', async () => {
    const answer = conversations.commands.say(frame)
    receive({ type: 'error', ref: 'm2', title: 'Too long', status: 422, code: 'too_long', detail: 'At most so much.' })

    await expect(answer).rejects.toMatchObject({ body: { code: 'too_long', detail: 'At most so much.' } })
  })

  test('waits until the chats are joined again', () => {
    conversations.open('s1')
    const seen: [boolean, string[]][] = []
    conversations.onConnection((connected) => seen.push([connected, socket.take().map(({ type }) => type)]))
    socket.take()
    disconnect()
    connect()

    expect(seen).toEqual([
      [false, []],
      [true, ['session:join']],
    ])
  })
})

describe('an open chat', () => {
  let close: () => void

  beforeEach(() => {
    close = conversations.open('s1')
    socket.take()
    receive(
      joined([GREETING, aMessage({ id: 'm2', parent_id: 'm1' })], 3, aSession({ id: 's1', active_leaf_id: 'm2' })),
    )
    const reply = aMessage({ id: 'm3', parent_id: 'm2', role: 'assistant', status: 'queued' })
    receive({ type: 'message:created', seq: 4, session_id: 's1', message: reply })
    receive({ type: 'chat:stream:start', seq: 5, session_id: 's1', message_id: 'm3', attempt: 1, intent: null })
  })

  const token = (offset: number, text: string) => ({
    type: 'chat:stream:token',
    session_id: 's1',
    message_id: 'm3',
    attempt: 1,
    offset,
    token: text,
  })
  const end = (content: string, status = 'complete') => ({
    type: 'chat:stream:end',
    seq: 6,
    session_id: 's1',
    message_id: 'm3',
    attempt: 1,
    status,
    content,
    length: content.length,
    sha256: sha256(content),
    finish_reason: 'stop',
    usage: null,
  })

  test('shows the newest reply, also before the session says that it ends there', () => {
    expect(chat()?.leaf).toBe('m3')
  })

  test('grows outside the store, and its end is in the row', () => {
    const drawn = vi.fn()
    conversations.store.subscribe(drawn)
    receive(token(0, 'Sit '), token(4, 'down.'))
    expect(drawn).not.toHaveBeenCalled()
    expect(conversations.buffers.read('m3')).toBe('Sit ')

    receive(end('Sit down.'))
    expect(chat()?.state.messages.m3).toMatchObject({ content: 'Sit down.', status: 'complete' })
    expect(conversations.buffers.read('m3')).toBeUndefined()
  })

  test('is joined after a reconnect from where it stands', () => {
    receive(token(0, 'Sit '))
    disconnect()
    connect()

    expect(socket.take()).toEqual([
      {
        type: 'session:join',
        ref: 'join s1',
        session_id: 's1',
        epoch: 'e',
        after: 5,
        live: [{ message_id: 'm3', attempt: 1, offset: 4 }],
      },
    ])
  })

  test('whose end arrived damaged reads the message again', async () => {
    receive({ ...end('Sit down.'), sha256: 'other' })
    await vi.waitFor(() => expect(chat()?.state.messages.m3?.content).toBe('As stored.'))
  })

  test('keeps the place of a message that an event changes', () => {
    conversations.takeIn('s1', [aMessage({ ...GREETING, version: 2, position: 1, sibling_ids: ['m0', 'm1'] })])
    const edited = aMessage({ ...GREETING, content: 'Come in!', version: 3 })
    receive({ type: 'message:updated', seq: 6, session_id: 's1', message: edited })

    expect(chat()?.state.messages.m1).toMatchObject({ content: 'Come in!', position: 1, sibling_ids: ['m0', 'm1'] })
  })

  test('fetches a branch whose rows are not here, and shows the old one until then', async () => {
    receive(end('Sit down.'))
    conversations.takeInSession(aSession({ id: 's1', active_leaf_id: 'far', version: 5 }))
    expect(chat()?.leaf).toBe('m3')

    await vi.waitFor(() => expect(chat()?.leaf).toBe('far'))
    expect(fetchedBranches).toEqual(['far'])
  })

  test('left in the middle of a reply is followed to its end', () => {
    close()
    expect(socket.take()).toEqual([])

    receive(end('Sit down.'))
    expect(socket.take()).toEqual([{ type: 'session:leave', session_id: 's1' }])
  })

  test('closed by its page is left as soon as nothing runs in it', () => {
    const closeOther = conversations.open('s2')
    receive({ ...joined([]), session_id: 's2', session: aSession({ id: 's2' }) })
    socket.take()
    closeOther()

    expect(socket.take()).toEqual([{ type: 'session:leave', session_id: 's2' }])
  })

  test('whose page is gone before it is joined is left', () => {
    conversations.open('s2')()
    socket.take()
    receive({ ...joined([]), session_id: 's2', session: aSession({ id: 's2' }) })

    expect(socket.take()).toEqual([{ type: 'session:leave', session_id: 's2' }])
  })

  test('that went to the trash says so', () => {
    receive({ type: 'session:deleted', session_id: 's1', session: SESSION })

    expect(chat()?.problem?.detail).toBe('This chat is in the trash.')
  })
})

test.each(['s1', null])('a chat that is spoken to from elsewhere is left when what is said has come', (sessionId) => {
  conversations.store.dispatch(said(aSaying({ id: 'm2', sessionId })))
  receive(joined([GREETING]))
  expect(conversations.expects('s1', 'm2')).toBe(true)
  expect(socket.take()).toEqual([])

  const row = aMessage({ id: 'm2', parent_id: 'm1' })
  receive({ type: 'message:created', seq: 2, session_id: 's1', message: row })
  expect(socket.take()).toEqual([{ type: 'session:leave', session_id: 's1' }])
})

test('a chat that cannot be joined tells why, until it can', () => {
  conversations.open('s1')
  receive({
    type: 'error',
    ref: 'join s1',
    title: 'No such session',
    status: 404,
    code: 'not_found',
    detail: 'Nothing here.',
  })

  expect(chat()?.problem?.code).toBe('not_found')

  conversations.reopen('s1')
  expect(chat()).toBeUndefined()
  receive(joined([GREETING]))
  expect(chat()).toMatchObject({ leaf: 'm1', problem: null })
})

test('news of sessions reach the lists, and a reconnect tells them to read again', () => {
  const heard: SessionNews[] = []
  conversations.onNews((news) => heard.push(news))
  receive({ type: 'session:created', session_id: 's9', session: aSession({ id: 's9' }) })
  receive({ type: 'session:deleted', session_id: 's9', session: aSession({ id: 's9' }) })
  disconnect()
  connect()

  expect(heard.map(({ kind }) => kind)).toEqual(['created', 'deleted', 'reconnected'])
})

test('stop is repeated until it is acknowledged', async () => {
  const stopped = conversations.commands.stop('m3')
  disconnect()
  connect()
  const frames = socket.take().filter(({ type }) => type === 'chat:stop')
  expect(frames).toHaveLength(2)

  receive({ type: 'ack', ref: frames[0]?.ref, session_id: 's1', message_id: 'm3', duplicate: false })
  await expect(stopped).resolves.toBeUndefined()
})

test('no more commands wait for a connection than a reader could mean', async () => {
  disconnect()
  for (let command = 0; command < 100; command++) void conversations.commands.stop('m3')
  await expect(conversations.commands.stop('m3')).rejects.toMatchObject({ body: { code: 'unreachable' } })

  connect()
  expect(socket.take()).toHaveLength(100)
})

test('whether live text is delayed is asked with what is said, and told by the answer', () => {
  const isDelayed = () => conversations.store.getState().connection.delayed
  void conversations.commands.say({ type: 'chat:message', id: 'm2', session_id: 's1', content: 'Good evening' })
  expect(socket.pings).toBe(1)

  receive({ type: 'pong', n: 0, heads: [], delayed: true })
  expect(isDelayed()).toBe(true)
  receive({ type: 'pong', n: 1, heads: [] })
  expect(isDelayed()).toBe(false)
})

describe('while the database is away', () => {
  const isAway = () => conversations.store.getState().connection.withoutDatabase
  const away = (ref?: string) => ({
    type: 'error',
    ref,
    title: 'The database is not available',
    status: 503,
    code: 'storage_unavailable',
    detail: 'Nothing was stored.',
    retryable: true,
  })

  test('the server is asked until the database is back', async () => {
    rowsAreThere = false
    receive(away())
    await vi.advanceTimersByTimeAsync(10_000)
    expect(isAway()).toBe(true)

    rowsAreThere = true
    await vi.advanceTimersByTimeAsync(3_000)
    expect(isAway()).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a chat stays as it is shown, and is joined when that can be', async () => {
    conversations.open('s1')
    receive(joined([GREETING]))
    disconnect()
    connect()
    socket.take()

    receive(away('join s1'))
    expect(chat()).toMatchObject({ leaf: 'm1', problem: null })
    await vi.advanceTimersByTimeAsync(3_000)
    expect(socket.take()).toMatchObject([{ type: 'session:join', session_id: 's1', after: 1 }])
  })
  test('a chat is joined after the time that the server asks for', async () => {
    conversations.open('s1')
    socket.take()
    receive({ ...away('join s1'), code: 'busy', retry_after: 1 })

    await vi.advanceTimersByTimeAsync(999)
    expect(socket.take()).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(socket.take()).toMatchObject([{ type: 'session:join', session_id: 's1' }])
  })
})
