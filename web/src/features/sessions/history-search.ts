/** What the address of the history says, and what the server is asked for by it. */

import * as z from 'zod/mini'
import type { SessionsQuery } from '../../shared/api/sessions'

export const ORDERS = ['newest', 'oldest', 'begun', 'title', 'longest'] as const
export const STATES = ['any', 'active', 'archived', 'pinned', 'unread', 'answering'] as const

export const HISTORY = z.object({
  q: z.catch(z.string(), ''),
  character: z.catch(z.uuid(), ''),
  model: z.catch(z.uuid(), ''),
  /** Days in the reader's own calendar, both included. */
  from: z.catch(z.iso.date(), ''),
  to: z.catch(z.iso.date(), ''),
  state: z.catch(z.enum(STATES), 'any'),
  order: z.catch(z.enum(ORDERS), 'newest'),
})

export type HistorySearch = z.infer<typeof HISTORY>

export const NO_FILTERS = { q: '', character: '', model: '', from: '', to: '', state: 'any' } as const

const ORDER: Record<HistorySearch['order'], Pick<SessionsQuery, 'sort' | 'order'>> = {
  newest: { sort: 'updated_at' },
  oldest: { sort: 'updated_at', order: 'asc' },
  begun: { sort: 'created_at' },
  title: { sort: 'title' },
  longest: { sort: 'total_messages' },
}

const PAGE = 100

export function queryOf({ q, character, model, from, to, state, order }: HistorySearch): SessionsQuery {
  const words = q.trim()
  return {
    ...ORDER[order],
    limit: PAGE,
    ...(words && { q: words }),
    ...(character && { character_id: character }),
    ...(model && { ai_model_id: model }),
    ...(from && { from: midnight(from, 0) }),
    ...(to && { to: midnight(to, 1) }),
    ...(state !== 'any' && { state }),
  }
}

export function isFiltered({ order: _, ...filters }: HistorySearch): boolean {
  return Object.entries(NO_FILTERS).some(([name, value]) => filters[name as keyof typeof filters] !== value)
}

/** When a day begins where the reader is, or the one so many days later. */
function midnight(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + later).toISOString()
}
