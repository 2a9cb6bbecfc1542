import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ServerFrame } from './protocol'
import { backoff, Socket, type SocketStatus } from './socket'

/** A WebSocket whose other end is the test. */
class FakeWebSocket {
  static OPEN = 1
  static all: FakeWebSocket[] = []
  readyState = FakeWebSocket.OPEN
  sent: unknown[] = []
  closed = false
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null

  constructor() {
    FakeWebSocket.all.push(this)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.closed = true
  }

  receive(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }

  welcome(): void {
    this.receive({ type: 'welcome', connection_id: 'c', heartbeat: 15, epoch: 'e', protocol: 1, features: [] })
  }

  static get last(): FakeWebSocket {
    const last = FakeWebSocket.all.at(-1)
    if (!last) throw new Error('no connection was opened')
    return last
  }
}

let socket: Socket
let frames: ServerFrame[]
let statuses: SocketStatus[]
let visibility: DocumentVisibilityState

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeWebSocket)
  FakeWebSocket.all = []
  frames = []
  statuses = []
  visibility = 'visible'
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility)
  socket = new Socket('ws://test/ws', {
    onFrame: (frame) => frames.push(frame),
    onStatus: (status) => statuses.push(status),
  })
  socket.start()
})

afterEach(() => {
  socket.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('the wait before the next attempt', () => {
  test('doubles its span up to 15 seconds and never falls below a quarter of one', () => {
    expect([0, 1, 2, 3].map((tries) => backoff(tries, 1))).toEqual([500, 1000, 2000, 4000])
    expect(backoff(20, 1)).toBe(15_000)
    expect(backoff(20, 0)).toBe(250)
  })

  test('is taken after a loss, again and again', () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    for (const [attempt, wait] of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000].entries()) {
      expect(FakeWebSocket.all).toHaveLength(attempt + 1)
      FakeWebSocket.last.onclose?.()
      vi.advanceTimersByTime(wait)
    }
  })

  test('is the one that the server asks for when it closes by plan', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    FakeWebSocket.last.welcome()
    FakeWebSocket.last.receive({ type: 'bye', code: 'draining', retry_after: 3 })
    FakeWebSocket.last.onclose?.()

    vi.advanceTimersByTime(2_999)
    expect(FakeWebSocket.all).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(FakeWebSocket.all).toHaveLength(2)
  })
})

test('nothing is sent before the server has greeted', () => {
  expect(socket.send({ type: 'ping', n: 1 })).toBe(false)
  FakeWebSocket.last.welcome()

  expect(socket.send({ type: 'ping', n: 1 })).toBe(true)
  expect(FakeWebSocket.last.sent).toEqual([{ type: 'ping', n: 1 }])
  expect(statuses).toEqual(['connecting', 'online'])
})

test('a server that never greets is given up', () => {
  vi.advanceTimersByTime(10_000)

  expect(FakeWebSocket.last.closed).toBe(true)
  expect(statuses.at(-1)).toBe('waiting')
})

test('what is no frame is dropped, what is unknown is handed on', () => {
  FakeWebSocket.last.onmessage?.({ data: 'no json' })
  FakeWebSocket.last.onmessage?.({ data: '[]' })
  FakeWebSocket.last.receive({ type: 'from:tomorrow' })

  expect(frames).toEqual([{ type: 'from:tomorrow' }])
})

test('a connection that answers no ping until the next is dead', () => {
  FakeWebSocket.last.welcome()
  vi.advanceTimersByTime(15_000)
  expect(FakeWebSocket.last.sent).toEqual([{ type: 'ping', n: 1 }])
  vi.advanceTimersByTime(15_000)

  expect(FakeWebSocket.all).toHaveLength(2)
})

test('any frame is a sign of life', () => {
  FakeWebSocket.last.welcome()
  for (let beat = 0; beat < 5; beat++) {
    vi.advanceTimersByTime(15_000)
    FakeWebSocket.last.receive({ type: 'typing', session_id: 's', who: 'x', active: true })
  }

  expect(FakeWebSocket.all).toHaveLength(1)
})

test('in a hidden tab silence proves nothing; seen again, it must answer within three seconds', () => {
  FakeWebSocket.last.welcome()
  visibility = 'hidden'
  vi.advanceTimersByTime(60_000)
  expect(FakeWebSocket.all).toHaveLength(1)

  visibility = 'visible'
  document.dispatchEvent(new Event('visibilitychange'))
  vi.advanceTimersByTime(2_999)
  expect(FakeWebSocket.all).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(FakeWebSocket.all).toHaveLength(2)
})

describe('a hidden tab', () => {
  const become = (state: DocumentVisibilityState) => {
    visibility = state
    document.dispatchEvent(new Event('visibilitychange'))
  }

  test('lets go of its connection after five minutes, and connects at once when it is seen again', () => {
    FakeWebSocket.last.welcome()
    become('hidden')
    vi.advanceTimersByTime(5 * 60_000)
    expect(FakeWebSocket.last.closed).toBe(true)
    vi.advanceTimersByTime(60 * 60_000)
    expect(FakeWebSocket.all).toHaveLength(1)

    become('visible')
    expect(FakeWebSocket.all).toHaveLength(2)
    expect(statuses).toEqual(['connecting', 'online', 'waiting', 'connecting'])
  })

  test('that is seen again before keeps it', () => {
    FakeWebSocket.last.welcome()
    become('hidden')
    vi.advanceTimersByTime(4 * 60_000)
    become('visible')
    FakeWebSocket.last.receive({ type: 'pong', n: 1, heads: [] })
    for (let minute = 0; minute < 5; minute++) {
      vi.advanceTimersByTime(15_000)
      FakeWebSocket.last.receive({ type: 'pong', n: 1, heads: [] })
    }

    expect(FakeWebSocket.all).toHaveLength(1)
  })
})

test('a machine that slept asks at once whether the connection still lives', () => {
  FakeWebSocket.last.welcome()
  vi.advanceTimersByTime(2_000)
  vi.setSystemTime(Date.now() + 60_000)
  vi.advanceTimersByTime(1_000)
  expect(FakeWebSocket.last.sent).toEqual([{ type: 'ping', n: 1 }])

  vi.advanceTimersByTime(3_000)
  expect(FakeWebSocket.all).toHaveLength(2)
})

test('coming back to the network ends the wait', () => {
  FakeWebSocket.last.onclose?.()
  dispatchEvent(new Event('online'))

  expect(FakeWebSocket.all).toHaveLength(2)
})

test('the page that has just loaded does not give its first connection up', () => {
  dispatchEvent(new Event('pageshow'))

  expect(FakeWebSocket.all).toHaveLength(1)
})

test('after it was stopped nothing connects any more', () => {
  socket.stop()
  dispatchEvent(new Event('online'))
  vi.advanceTimersByTime(60_000)

  expect(FakeWebSocket.all).toHaveLength(1)
  expect(FakeWebSocket.last.closed).toBe(true)
})
