/** Frames that the server answers one by one, and what it answered. */

import { Problem, unreachable } from '../shared/api/problem'
import type { Message } from '../shared/api/wire'
import { uuid7 } from '../shared/lib/uuid7'
import type { ClientFrame, FrameOf } from './protocol'
import type { Socket } from './socket'

/** Without an answer for this long the connection is taken for dead; after each time in a row for twice as long. */
const ANSWER_LIMIT_MS = 5_000
const LONGEST_ANSWER_LIMIT_MS = 60_000
/** At most so many commands wait for the next connection. */
const MOST_WAITING = 100

type Command = Extract<
  ClientFrame,
  { type: 'chat:message' | 'chat:stop' | 'chat:retry' | 'chat:continue' | 'chat:swipe' }
>
type Ack = FrameOf<'ack'>
export type ChatMessage = Extract<ClientFrame, { type: 'chat:message' }>

interface Pending {
  frame: Command
  /** Ask again over the next connection; otherwise the loss of this one is the answer. */
  persistent: boolean
  limit: ReturnType<typeof setTimeout> | undefined
  resolve(ack: Ack | null): void
  reject(problem: Problem): void
}

/** The server does under one id what it is asked once, however often it hears it. */
export class Commands {
  readonly #pending = new Map<string, Pending>()
  #socket: Pick<Socket, 'send' | 'reconnect'> | null = null
  /** How often in a row no answer came in time. */
  #overdue = 0

  attach(socket: Pick<Socket, 'send' | 'reconnect'>): void {
    this.#socket = socket
  }

  stop(messageId: string): Promise<void> {
    return this.#ask((ref) => ({ type: 'chat:stop', message_id: messageId, ref }))
  }

  retry({ id, attempt }: Message): Promise<void> {
    return this.#ask((ref) => ({ type: 'chat:retry', message_id: id, attempt, ref }))
  }

  continue({ id, attempt }: Message): Promise<void> {
    return this.#ask((ref) => ({ type: 'chat:continue', message_id: id, attempt, ref }))
  }

  /** Ask for another answer beside this one, which heeds `instruction`. */
  swipe(messageId: string, instruction?: string): Promise<void> {
    return this.#ask((ref) => ({
      type: 'chat:swipe',
      message_id: messageId,
      id: ref,
      ref,
      ...(instruction !== undefined && { instruction }),
    }))
  }

  /**
   * Send what was said over the present connection.
   *
   * Resolves with null when the connection ends before the answer; rejects with the server's problem.
   */
  say(frame: ChatMessage): Promise<Ack | null> {
    return this.#request(frame.id, frame, false)
  }

  /** The server has greeted: what it has not answered yet is asked again. */
  connected(): void {
    for (const pending of this.#pending.values()) this.#send(pending)
  }

  disconnected(): void {
    for (const [ref, pending] of this.#pending) {
      clearTimeout(pending.limit)
      if (pending.persistent) continue
      this.#pending.delete(ref)
      pending.resolve(null)
    }
  }

  acknowledged(ack: Ack): void {
    this.#settle(ack.ref)?.resolve(ack)
  }

  refused(frame: FrameOf<'error'>): void {
    this.#settle(frame.ref ?? null)?.reject(new Problem(frame))
  }

  async #ask(make: (ref: string) => Command): Promise<void> {
    const ref = uuid7()
    await this.#request(ref, make(ref), true)
  }

  #request(ref: string, frame: Command, persistent: boolean): Promise<Ack | null> {
    return new Promise((resolve, reject) => {
      const pending: Pending = { frame, persistent, limit: undefined, resolve, reject }
      if (this.#send(pending) || (persistent && this.#pending.size < MOST_WAITING)) this.#pending.set(ref, pending)
      else if (persistent) reject(unreachable())
      else resolve(null)
    })
  }

  #send(pending: Pending): boolean {
    clearTimeout(pending.limit)
    if (!this.#socket?.send(pending.frame)) return false
    const limit = Math.min(ANSWER_LIMIT_MS * 2 ** this.#overdue, LONGEST_ANSWER_LIMIT_MS)
    pending.limit = setTimeout(() => {
      this.#overdue += 1
      this.#socket?.reconnect()
    }, limit)
    // The pong tells, at the moment when it matters, whether live text is delayed.
    if (pending.frame.type === 'chat:message') this.#socket.send({ type: 'ping', n: 0 })
    return true
  }

  #settle(ref: string | null): Pending | undefined {
    const pending = ref === null ? undefined : this.#pending.get(ref)
    if (ref === null || !pending) return undefined
    clearTimeout(pending.limit)
    this.#pending.delete(ref)
    this.#overdue = 0
    return pending
  }
}
