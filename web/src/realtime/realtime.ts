/** The one socket of this tab and what follows it, started by `app/main.tsx`. */

import { getHealth } from '../shared/api/health'
import { getMessage, getMessages } from '../shared/api/messages'
import { root } from '../shared/api/root'
import { Conversations } from './conversations'
import { Socket } from './socket'
import { createStore } from './store'

export const store = createStore()

export const conversations = new Conversations(store, {
  page: getMessages,
  message: getMessage,
  areThere: async () => Boolean((await getHealth()).parts.queue),
})

const address = new URL('ws', root)
address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'

export const socket = new Socket(address.href, conversations)
conversations.attach(socket)
