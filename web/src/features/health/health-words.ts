/** How the installation is, in words. */

import type { Health, WorkerHealth } from '../../shared/api/health'

export interface Verdict {
  tone: 'good' | 'warn' | 'danger'
  words: string
}

/** A worker that was not seen for so long has lost the replies that it was writing. */
const LOST_AFTER_SECONDS = 15
const DATABASES: Record<string, string> = { sqlite: 'SQLite', postgresql: 'PostgreSQL' }

export function isLost(worker: WorkerHealth): boolean {
  return worker.seen_seconds_ago > LOST_AFTER_SECONDS
}

/** What matters most, in one sentence, with what it means for whoever is talking. */
export function verdict({ parts }: Health): Verdict {
  if (!parts.queue) {
    return { tone: 'danger', words: 'The database is away. Nothing is lost; sending works again when it is back.' }
  }
  if (!parts.workers?.some((worker) => !isLost(worker) && !worker.draining)) {
    return { tone: 'warn', words: 'No worker is here. What you say is stored, and answered as soon as one is.' }
  }
  if (parts.broker?.kind === 'redis' && parts.broker.away) {
    return { tone: 'warn', words: 'Redis is away. Replies grow about once a second, and none is lost.' }
  }
  return { tone: 'good', words: 'Everything works.' }
}

export function databaseWords({ database, queue }: Health['parts']): string {
  const kind = database?.kind
  const name = (typeof kind === 'string' && DATABASES[kind]) || 'Unknown'
  return queue ? name : `${name}, away`
}

export function liveTextWords({ broker }: Health['parts']): string {
  if (broker?.kind === 'redis') return broker.away ? 'From the database, since Redis is away' : 'Through Redis'
  return broker?.away ? 'Within this process; from others through the database' : 'Within this process'
}

/** A span in its largest unit: `0 s`, `12 min`, `3 h`. */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}
