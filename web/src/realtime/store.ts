/** What the page knows and the server's lists do not carry: the connection, the open chats, what is being said. */

import { configureStore, createSlice, type PayloadAction } from '@reduxjs/toolkit'
import type { ProblemBody } from '../shared/api/wire'
import type { SessionState } from './reducer'
import type { SocketStatus } from './socket'

export interface Chat {
  readonly state: SessionState
  /** The end of the branch that is shown; it stays while the rows of another branch are fetched. */
  readonly leaf: string | null
  /** The last row of what is loaded and shown of that branch; null: its leaf. */
  readonly bottom: string | null
  /** Why the chat cannot be shown. */
  readonly problem: ProblemBody | null
}

/** Something said by the reader, from the press of Send until its row is there. */
export interface Saying {
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
}

const connection = createSlice({
  name: 'connection',
  initialState: {
    status: 'connecting' as SocketStatus,
    /** The node says that live text comes later than usual. */
    delayed: false,
    /** The node answers, and cannot store or read anything. */
    withoutDatabase: false,
  },
  reducers: {
    statusChanged: (state, { payload }: PayloadAction<SocketStatus>) => {
      state.status = payload
    },
    delayChanged: (state, { payload }: PayloadAction<boolean>) => {
      state.delayed = payload
    },
    databaseChanged: (state, { payload }: PayloadAction<'here' | 'away'>) => {
      state.withoutDatabase = payload === 'away'
    },
  },
})

const chats = createSlice({
  name: 'chats',
  initialState: {} as Readonly<Record<string, Chat>>,
  reducers: {
    chatChanged: (chats, { payload }: PayloadAction<Chat>) => ({ ...chats, [payload.state.sessionId]: payload }),
    chatForgotten: (chats, { payload: id }: PayloadAction<string>) => {
      const { [id]: _, ...others } = chats
      return others
    },
  },
})

const outbox = createSlice({
  name: 'outbox',
  initialState: [] as readonly Saying[],
  reducers: {
    said: (sayings, { payload }: PayloadAction<Saying>) => [...sayings.filter(({ id }) => id !== payload.id), payload],
    stored: (sayings, { payload }: PayloadAction<{ id: string; sessionId: string }>) =>
      sayings.map((saying) =>
        saying.id === payload.id ? { ...saying, sessionId: payload.sessionId, status: 'stored' as const } : saying,
      ),
    refused: (sayings, { payload }: PayloadAction<{ id: string; problem: ProblemBody }>) =>
      sayings.map((saying) =>
        saying.id === payload.id ? { ...saying, status: 'refused' as const, problem: payload.problem } : saying,
      ),
    settled: (sayings, { payload: ids }: PayloadAction<readonly string[]>) =>
      sayings.filter(({ id }) => !ids.includes(id)),
  },
})

export const { statusChanged, delayChanged, databaseChanged } = connection.actions
export const { chatChanged, chatForgotten } = chats.actions
export const { said, stored, refused, settled } = outbox.actions

export function createStore() {
  return configureStore({
    reducer: { connection: connection.reducer, chats: chats.reducer, outbox: outbox.reducer },
    // A chat holds hundreds of rows, too many to be walked through at every change as development would.
    middleware: (defaults) => defaults({ immutableCheck: false, serializableCheck: false }),
  })
}

export type Store = ReturnType<typeof createStore>
export type RootState = ReturnType<Store['getState']>
