import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../../shared/api/client'
import { root } from '../../shared/api/root'
import type { components } from '../../shared/api/schema.gen'

export type UsageReport = components['schemas']['UsageReport']
export type UsageItem = components['schemas']['UsageItem']
export type By = 'day' | 'model' | 'character'

const DAY_MS = 86_400_000

interface UsageQuery {
  by: By
  /** How many days back, today with them; null: all. */
  days: number | null
}

/** What replies consumed, by the days of the reader's own clock. */
export function useUsage(wanted: UsageQuery) {
  return useQuery({
    queryKey: ['usage', wanted] as const,
    // Text is what `format=csv` is answered with.
    queryFn: () => answer(api.GET('/api/usage', { params: { query: parameters(wanted) } })) as Promise<UsageReport>,
    // Another time shows the last one until it is here; what is summed by something else says nothing about it.
    placeholderData: (last, query) => (query?.queryKey[1].by === wanted.by ? last : undefined),
  })
}

/** Where the same figures are as a file. */
export function csvAddress(wanted: UsageQuery): string {
  const address = new URL('api/usage', root)
  address.search = new URLSearchParams({ ...parameters(wanted), format: 'csv' }).toString()
  return address.href
}

function parameters({ by, days }: UsageQuery) {
  return {
    by,
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
    ...(days !== null && { from: daysBack(days).toISOString() }),
  }
}

/** The midnight that `days` days end with today's began at. */
function daysBack(days: number): Date {
  const midnight = new Date()
  midnight.setHours(0, 0, 0, 0)
  midnight.setDate(midnight.getDate() - days + 1)
  return midnight
}

/** A place of a plot, and what was measured there. */
export interface Place {
  key: string
  item: UsageItem | null
}

/** A place for each day from the first item to the last, also for those on which nothing was answered. */
export function everyDay(items: UsageItem[]): Place[] {
  const byDay = new Map(items.map((item) => [item.key, item]))
  const first = Date.parse(items[0]?.key ?? '')
  const last = Date.parse(items.at(-1)?.key ?? '')
  if (Number.isNaN(first) || Number.isNaN(last)) return items.map((item) => ({ key: item.key, item }))
  return Array.from({ length: Math.round((last - first) / DAY_MS) + 1 }, (_, place) => {
    const key = new Date(first + place * DAY_MS).toISOString().slice(0, 10)
    return { key, item: byDay.get(key) ?? null }
  })
}
