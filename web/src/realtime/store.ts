/** What the page knows and the server's lists do not carry: the connection, the open chats, what is being said. */

import { configureStore, createSlice, type PayloadAction } from '@reduxjs/toolkit'
import { reducers } from '../outbox/sayings'
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

const connection = createSlice({
  name: 'connection',
  initialState: {
    status: 'connecting' as SocketStatus,
    /** The node says that live text comes later than usual. */
    delayed: false,
    /** The server has another version of the page than this one. */
    outdated: false,
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
    becameOutdated: (state) => {
      state.outdated = true
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

export const { statusChanged, delayChanged, databaseChanged, becameOutdated } = connection.actions
export const { chatChanged, chatForgotten } = chats.actions

export function createStore() {
  return configureStore({
    reducer: { connection: connection.reducer, chats: chats.reducer, ...reducers },
    // A chat holds hundreds of rows, too many to be walked through at every change as development would.
    middleware: (defaults) => defaults({ immutableCheck: false, serializableCheck: false }),
  })
}

export type Store = ReturnType<typeof createStore>
export type RootState = ReturnType<Store['getState']>
