/** The one socket of this tab and what follows it, started by `app/main.tsx`. */

import { database } from '../outbox/db'
import { Outbox } from '../outbox/outbox'
import { Shelf } from '../outbox/shelf'
import { getHealth } from '../shared/api/health'
import { getMessage, getMessages } from '../shared/api/messages'
import { root } from '../shared/api/root'
import { Conversations } from './conversations'
import { send } from './saying'
import { Socket } from './socket'
import { createStore } from './store'

export const store = createStore()

export const conversations = new Conversations(store, {
  page: getMessages,
  message: getMessage,
  areThere: async () => Boolean((await getHealth()).parts.queue),
})

export const { commands } = conversations

/** What the tabs of one reader share; accounts of their own come with their own name. */
const shared = `outbox:${root.pathname}`

export const outbox = new Outbox(new Shelf(database), {
  send: (saying) => send(commands, saying),
  dispatch: store.dispatch,
  expects: (sessionId, messageId) => conversations.expects(sessionId, messageId),
  // Where there are no locks, two tabs may send at once: the server stores an id once.
  alone: async (deed) => (navigator.locks ? navigator.locks.request(shared, deed) : deed()),
  persist: () => void navigator.storage?.persist?.(),
  tabs: new BroadcastChannel(shared),
})
conversations.onConnection((connected) => outbox.connected(connected))

const address = new URL('ws', root)
address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'

export const socket = new Socket(address.href, conversations)
conversations.attach(socket)
