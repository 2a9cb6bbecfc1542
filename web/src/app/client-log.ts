/**
 * What went wrong or slowly in this page, for who runs the server: by the program's own words, never by those of a chat.
 *
 * An error is told by its kind and the places in the scripts, since its message may quote what it stumbled over.
 */

import type { Exchange } from '../shared/api/client'
import type { components } from '../shared/api/schema.gen'

export type ClientEvent = components['schemas']['ClientEvent']

/** More than fit into one report are not kept: the first tell the most. */
const MOST_EVENTS = 30
/** Of these at most: what went wrong has to find room too. */
const MOST_ACTIONS = 15
const SEND_AFTER_MS = 30_000
const SLOW_REQUEST_MS = 1_000
const SLOW_INTERACTION_MS = 200
const PLACES = 5
/** The events of one press come close together. */
const PRESSES_REMEMBERED = 50

const KIND = /^[A-Za-z][A-Za-z0-9]{0,99}$/
const PLACE = /([\w.-]{1,40}\.[cm]?[jt]sx?:\d+:\d+)\)?$/

export interface Reader {
  /** Whether the reader lets the page report. */
  allows(): boolean
  /** The route of the page as a template, such as `/c/:id`. */
  page(): string | undefined
  send(events: ClientEvent[]): void
}

export class ClientLog {
  readonly #reader: Reader
  #events: ClientEvent[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(reader: Reader) {
    this.#reader = reader
  }

  error(error: unknown): void {
    const named = error instanceof Error && KIND.test(error.name)
    this.#note({ kind: 'error', name: named ? error.name : 'Unknown', detail: placesOf(error) || null })
  }

  /** Note a request that was refused, did not arrive, or took long. */
  exchange({ method, path, status, milliseconds }: Exchange): void {
    if (status > 0 && status < 400 && milliseconds < SLOW_REQUEST_MS) return
    this.#note({ kind: 'request', name: `${method} ${path}`, status, duration_ms: Math.round(milliseconds) })
  }

  interaction(name: string, milliseconds: number): void {
    this.#note({ kind: 'slow_interaction', name, duration_ms: Math.round(milliseconds) })
  }

  /** Note what the reader did, by the program's name for it. */
  action(name: string): void {
    if (this.#events.filter(({ kind }) => kind === 'action').length < MOST_ACTIONS) this.#note({ kind: 'action', name })
  }

  /** Send what there is. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const events = this.#events
    this.#events = []
    if (events.length > 0 && this.#reader.allows()) this.#reader.send(events)
  }

  #note(event: Omit<ClientEvent, 'at' | 'page'>): void {
    if (!this.#reader.allows() || this.#events.length === MOST_EVENTS) return
    this.#events.push({ ...event, page: this.#reader.page() ?? null, at: new Date().toISOString() })
    this.#timer ??= setTimeout(() => this.flush(), SEND_AFTER_MS)
  }
}

/** Report to `log` all that the browser tells by itself. */
export function watch(log: ClientLog): void {
  addEventListener('error', ({ error }) => log.error(error))
  addEventListener('unhandledrejection', ({ reason }) => log.error(reason))
  addEventListener('pagehide', () => log.flush())
  if (!PerformanceObserver.supportedEntryTypes.includes('event')) return
  const told = new Set<number>()
  const observer = new PerformanceObserver((entries) => {
    for (const entry of entries.getEntriesByType('event') as PerformanceEventTiming[]) {
      // One press is several events; those that no interaction caused are none of the reader's waiting.
      const { interactionId = 0 } = entry as { interactionId?: number }
      if (interactionId === 0 || told.has(interactionId)) continue
      told.add(interactionId)
      const [first] = told
      if (first !== undefined && told.size > PRESSES_REMEMBERED) told.delete(first)
      log.interaction(entry.name, entry.duration)
    }
  })
  observer.observe({ type: 'event', durationThreshold: SLOW_INTERACTION_MS } as PerformanceObserverInit)
}

function placesOf(error: unknown): string {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : []
  return lines
    .flatMap((line) => PLACE.exec(line)?.[1] ?? [])
    .slice(0, PLACES)
    .join(' < ')
}
