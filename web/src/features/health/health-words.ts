/** How the installation is, in words. */

import type { Health } from '../../shared/api/health'
import type { Text } from '../../shared/i18n/text'

export interface Verdict {
  tone: 'good' | 'warn' | 'danger'
  words: string
}

const DATABASES: Record<string, string> = { sqlite: 'SQLite', postgresql: 'PostgreSQL' }

/** What matters most, in one sentence, with what it means for whoever is talking. */
export function verdict(t: Text, { parts }: Health): Verdict {
  if (!parts.queue) {
    return { tone: 'danger', words: t('health.databaseAway') }
  }
  if (!parts.workers?.some((worker) => !worker.gone && !worker.draining)) {
    return { tone: 'warn', words: t('health.noWorker') }
  }
  if (parts.broker?.kind === 'redis' && parts.broker.away) {
    return { tone: 'warn', words: t('health.redisAway') }
  }
  return { tone: 'good', words: t('health.good') }
}

export function databaseWords(t: Text, { database, queue }: Health['parts']): string {
  const kind = database?.kind
  const name = (typeof kind === 'string' && DATABASES[kind]) || t('health.unknown')
  return queue ? name : t('health.away', { database: name })
}

export function liveTextWords(t: Text, { broker }: Health['parts']): string {
  if (broker?.kind === 'redis') return t(broker.away ? 'health.fromDatabase' : 'health.throughRedis')
  return t(broker?.away ? 'health.withinAndDatabase' : 'health.within')
}

/** A span in its largest unit: `0 s`, `12 min`, `3 h`. */
export function span(t: Text, seconds: number): string {
  if (seconds < 90) return t('health.seconds', { n: Math.round(seconds) })
  if (seconds < 5_400) return t('health.minutes', { n: Math.round(seconds / 60) })
  return t('health.hours', { n: Math.round(seconds / 3_600) })
}
