/** What the reader said and the server has not shown back yet, as the page draws it. */

import { createSlice, type PayloadAction } from '@reduxjs/toolkit'
import type { ProblemBody } from '../shared/api/wire'

/** Something said by the reader, from the press of Send until its row is there. */
export interface Saying {
  /** The id of its message for life: nothing changes on the page when the row comes. */
  readonly id: string
  /** Null until the server has made the session. */
  readonly sessionId: string | null
  readonly content: string
  readonly parentId?: string | null
  readonly characterId?: string
  readonly modelId?: string
  readonly saidAt: string
  readonly status: 'sending' | 'stored' | 'refused'
  readonly problem: ProblemBody | null
  /** How often the server could not take it just then. */
  readonly tries: number
}

const sayings = createSlice({
  name: 'outbox',
  initialState: [] as readonly Saying[],
  reducers: {
    said: (sayings, { payload }: PayloadAction<Saying>) =>
      sayings.some(({ id }) => id === payload.id)
        ? sayings.map((saying) => (saying.id === payload.id ? payload : saying))
        : [...sayings, payload],
    stored: (sayings, { payload }: PayloadAction<{ id: string; sessionId: string }>) =>
      sayings.map((saying) =>
        saying.id === payload.id ? { ...saying, sessionId: payload.sessionId, status: 'stored' as const } : saying,
      ),
    settled: (sayings, { payload: ids }: PayloadAction<readonly string[]>) =>
      sayings.filter(({ id }) => !ids.includes(id)),
    /** All that is kept for sending, in the order in which it was said; what is shown otherwise comes after it. */
    kept: (sayings, { payload }: PayloadAction<{ rows: readonly Saying[]; unwritten: readonly string[] }>) => {
      const { rows, unwritten } = payload
      const ids = new Set(rows.map(({ id }) => id))
      const others = sayings.filter(({ id, status }) => !ids.has(id) && (status === 'stored' || unwritten.includes(id)))
      return [...rows, ...others]
    },
  },
})

const keeping = createSlice({
  name: 'keeping',
  initialState: {
    /** What is said outlives this page; false where the browser keeps nothing. */
    lasting: true,
  },
  reducers: {
    lastingChanged: (state, { payload }: PayloadAction<boolean>) => {
      state.lasting = payload
    },
  },
})

export const { said, stored, settled, kept } = sayings.actions
export const { lastingChanged } = keeping.actions
export const reducers = { outbox: sayings.reducer, keeping: keeping.reducer }
