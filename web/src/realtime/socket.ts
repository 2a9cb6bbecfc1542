/**
 * One socket per tab, outside React. It connects, keeps alive, comes back, and hands every frame to its owner;
 * it holds nothing that must survive: what was said and not acknowledged belongs to the outbox.
 */
import { type ClientFrame, parseFrame, type ServerFrame } from './protocol'

const BACKOFF_MIN_MS = 250
const BACKOFF_MAX_MS = 15_000
const CONNECT_LIMIT_MS = 10_000
const PING_LIMIT_MS = 3_000
/** A timer that comes this late was asleep with the machine or the tab. */
const DRIFT_MS = 5_000
const DRIFT_SAMPLE_MS = 1_000
/** A tab that nobody looks at for so long lets go of its connection. */
const HIDDEN_LIMIT_MS = 5 * 60_000

export type SocketStatus = 'connecting' | 'online' | 'waiting'

export interface SocketEvents {
  onFrame(frame: ServerFrame): void
  onStatus(status: SocketStatus): void
}

/** How long to wait before attempt `tries` (from 0): full jitter over a doubling span, never above 15 s. */
export function backoff(tries: number, random: number): number {
  const span = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** (tries + 1))
  return BACKOFF_MIN_MS + random * (span - BACKOFF_MIN_MS)
}

export class Socket {
  #url: string
  #events: SocketEvents
  #socket: WebSocket | null = null
  #status: SocketStatus = 'waiting'
  #tries = 0
  #pings = 0
  /** A ping is out and nothing has come since. */
  #asked = false
  #heartbeat: ReturnType<typeof setInterval> | undefined
  #limit: ReturnType<typeof setTimeout> | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #drift: ReturnType<typeof setInterval> | undefined
  #leaving: ReturnType<typeof setTimeout> | undefined
  #sampled = 0
  /** Set by `bye`: a planned close says when to come back. */
  #comeBackAfter: number | null = null

  constructor(url: string, events: SocketEvents) {
    this.#url = url
    this.#events = events
  }

  start(): void {
    document.addEventListener('visibilitychange', this.#looked)
    addEventListener('online', this.#woken)
    addEventListener('pageshow', this.#woken)
    this.#sampled = Date.now()
    this.#drift = setInterval(this.#sample, DRIFT_SAMPLE_MS)
    this.#connect()
    this.#looked()
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.#looked)
    removeEventListener('online', this.#woken)
    removeEventListener('pageshow', this.#woken)
    clearInterval(this.#drift)
    clearTimeout(this.#leaving)
    this.#leave()
  }

  /** Send a frame if the server has greeted us; false means that nothing was sent. */
  send(frame: ClientFrame): boolean {
    if (this.#status !== 'online' || this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  /** Give the connection up and open the next one at once. */
  reconnect(): void {
    this.#tries = 0
    this.#connect()
  }

  #connect(): void {
    clearTimeout(this.#retry)
    this.#drop()
    this.#become('connecting')
    const socket = new WebSocket(this.#url)
    this.#socket = socket
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data !== 'string') return
      const frame = parseFrame(event.data)
      if (frame) this.#received(frame)
    }
    socket.onclose = () => this.#lost()
    this.#limit = setTimeout(() => this.#lost(), CONNECT_LIMIT_MS)
  }

  #received(frame: ServerFrame): void {
    // Any frame proves that the connection lives, so it answers an open ping too.
    this.#answered()
    if (frame.type === 'welcome') {
      this.#tries = 0
      this.#heartbeat = setInterval(() => this.#beat(), frame.heartbeat * 1000)
      this.#become('online')
    } else if (frame.type === 'bye') {
      this.#comeBackAfter = frame.retry_after * 1000
    }
    this.#events.onFrame(frame)
  }

  #lost(): void {
    this.#drop()
    this.#become('waiting')
    const wait =
      this.#comeBackAfter === null ? backoff(this.#tries, Math.random()) : this.#comeBackAfter * (1 + Math.random())
    this.#comeBackAfter = null
    this.#tries += 1
    this.#retry = setTimeout(() => this.#connect(), wait)
  }

  /** Hold no connection, and ask for none. */
  #leave(): void {
    clearTimeout(this.#retry)
    this.#drop()
    this.#become('waiting')
  }

  #drop(): void {
    clearInterval(this.#heartbeat)
    this.#answered()
    if (!this.#socket) return
    this.#socket.onmessage = null
    this.#socket.onclose = null
    this.#socket.close()
    this.#socket = null
  }

  #become(status: SocketStatus): void {
    if (status === this.#status) return
    this.#status = status
    this.#events.onStatus(status)
  }

  #beat(): void {
    // Timers of a hidden tab cannot be trusted, so there a missing answer proves nothing.
    if (this.#asked && document.visibilityState === 'visible') this.reconnect()
    else this.#ping()
  }

  #ping(): void {
    this.#pings += 1
    this.#asked = this.send({ type: 'ping', n: this.#pings })
  }

  /** Ask for a sign of life; none within the limit means that the connection is dead, whatever the browser believes. */
  #check(): void {
    if (this.#status === 'waiting') return this.reconnect()
    // An open question, or the connecting itself, has its own limit.
    if (this.#limit !== undefined) return
    this.#ping()
    this.#limit = setTimeout(() => this.reconnect(), PING_LIMIT_MS)
  }

  #answered(): void {
    clearTimeout(this.#limit)
    this.#limit = undefined
    this.#asked = false
  }

  #looked = (): void => {
    clearTimeout(this.#leaving)
    this.#woken()
    if (document.visibilityState === 'hidden') this.#leaving = setTimeout(() => this.#leave(), HIDDEN_LIMIT_MS)
  }

  #woken = (): void => {
    if (document.visibilityState === 'visible') this.#check()
  }

  #sample = (): void => {
    const now = Date.now()
    const late = now - this.#sampled - DRIFT_SAMPLE_MS
    this.#sampled = now
    if (late > DRIFT_MS) this.#woken()
  }
}
