import { beforeEach, expect, test } from 'vitest'
import { aMessage, aSession } from '../../test/factories/rows'
import type { PlaceOfPage } from '../shared/api/messages'
import type { Message } from '../shared/api/wire'
import { Conversations } from './conversations'
import type { ServerFrame } from './protocol'
import { createStore } from './store'
import { LEFT_ROWS, LOADED_ROWS, PAGE, windowOf } from './window'

const LENGTH = 600
const id = (place: number) => `m${String(place).padStart(5, '0')}`
const BRANCH = Array.from({ length: LENGTH }, (_, index) =>
  aMessage({ id: id(index + 1), parent_id: index === 0 ? null : id(index), position: index + 1 }),
)

/** The branch as the server pages it. */
function page(_: string, leaf: string | null, place?: PlaceOfPage): Promise<Message[]> {
  const branch = leaf === 'aside' ? [...BRANCH.slice(0, 100), ASIDE] : BRANCH
  const at = (named: string) => branch.findIndex((row) => row.id === named)
  asked += 1
  if (!place) return Promise.resolve(branch.slice(-PAGE))
  if ('before' in place) return Promise.resolve(branch.slice(Math.max(0, at(place.before) - PAGE), at(place.before)))
  if ('after' in place) return Promise.resolve(branch.slice(at(place.after) + 1, at(place.after) + 1 + PAGE))
  const middle = at(place.around)
  if (middle < 0) return Promise.reject(new Error('Not in this branch'))
  return Promise.resolve(branch.slice(Math.max(0, middle - PAGE / 2), middle + PAGE / 2))
}

const ASIDE = aMessage({ id: 'aside', parent_id: id(100), position: 101 })

let conversations: Conversations
let close: () => void
let asked: number

const chat = () => conversations.store.getState().chats.s1
const loaded = () => Object.keys(chat()?.state.messages ?? {}).length
const receive = (...frames: object[]) => {
  for (const frame of frames) conversations.onFrame(frame as ServerFrame)
}

function shown() {
  const present = chat()
  if (!present) throw new Error('The chat is not joined')
  return windowOf(present.state, present.leaf, present.bottom)
}

beforeEach(() => {
  asked = 0
  conversations = new Conversations(createStore(), {
    page,
    message: () => Promise.reject(new Error('Nobody asks for one row')),
    areThere: () => Promise.resolve(true),
  })
  conversations.attach({ send: () => true, reconnect: () => undefined })
  close = conversations.open('s1')
  receive({
    type: 'session:joined',
    session_id: 's1',
    epoch: 'e',
    seq: 1,
    session: aSession({ active_leaf_id: id(LENGTH) }),
    messages: BRANCH.slice(-PAGE),
    live: [],
  })
})

const goOn = (seq: number, place: number) => ({
  type: 'message:created',
  seq,
  session_id: 's1',
  message: aMessage({ id: id(place), parent_id: id(place - 1) }),
})

test('older pages come above, and what is far from the reader goes, but for the end', async () => {
  while (shown().older) {
    conversations.windows.reading('s1', shown().ids[0] ?? null)
    await conversations.windows.older('s1')
    expect(loaded()).toBeLessThanOrEqual(LOADED_ROWS)
  }

  expect(asked).toBe(LENGTH / PAGE - 1)
  expect(shown()).toMatchObject({ first: 1, total: LENGTH, newer: true })
  conversations.windows.toEnd('s1')
  expect(shown()).toMatchObject({ newer: false, total: LENGTH })
  expect(shown().ids.at(-1)).toBe(id(LENGTH))
})

test('a page that is on its way is asked for once', async () => {
  await Promise.all([conversations.windows.older('s1'), conversations.windows.older('s1')])

  expect(asked).toBe(1)
  expect(shown().ids).toHaveLength(2 * PAGE)
})

test('a jump shows the rows around a message, and newer pages lead back to the end', async () => {
  await conversations.windows.around('s1', id(300))
  expect(shown()).toMatchObject({ first: 275, older: true, newer: true, total: LENGTH })

  while (shown().newer) {
    conversations.windows.reading('s1', shown().ids.at(-1) ?? null)
    await conversations.windows.newer('s1')
  }
  expect(shown().ids.at(-1)).toBe(id(LENGTH))
  expect(loaded()).toBeLessThanOrEqual(LOADED_ROWS)
})

test('what is said meanwhile is there when the reader comes to the end', async () => {
  await conversations.windows.around('s1', id(300))
  receive(goOn(2, LENGTH + 1), goOn(3, LENGTH + 2))
  expect(shown()).toMatchObject({ newer: true, total: LENGTH + 2 })

  conversations.windows.toEnd('s1')
  expect(shown().ids.slice(-2)).toEqual([id(LENGTH + 1), id(LENGTH + 2)])
})

test('a long stay at the end keeps no more rows than a long chat may have', async () => {
  for (let pages = 0; pages < 7; pages++) await conversations.windows.older('s1')
  expect(loaded()).toBe(LOADED_ROWS)
  for (let more = 1; more <= 5; more++) receive(goOn(1 + more, LENGTH + more))

  expect(loaded()).toBeLessThanOrEqual(LOADED_ROWS)
  expect(shown()).toMatchObject({ newer: false, total: LENGTH + 5 })
})

test('a chat that is left keeps the rows around its reader', async () => {
  for (let pages = 0; pages < 6; pages++) await conversations.windows.older('s1')
  conversations.windows.reading('s1', id(360))
  close()

  expect(loaded()).toBeLessThanOrEqual(LEFT_ROWS + PAGE)
  expect(shown().ids).toContain(id(360))
})

test('a message of another branch is in sight when that branch is chosen', async () => {
  await expect(conversations.windows.around('s1', 'aside')).rejects.toThrow('Not in this branch')

  await conversations.windows.reveal('s1', 'aside', async () => {
    expect(shown().ids.at(-1)).toBe(id(LENGTH))
    conversations.takeInSession(aSession({ active_leaf_id: 'aside', version: 2 }))
  })
  expect(shown().ids.at(-1)).toBe('aside')
  expect(shown()).toMatchObject({ total: 101, newer: false })
})

test('a branch that could not be chosen leaves no rows behind', async () => {
  const refused = conversations.windows.reveal('s1', 'aside', () => Promise.reject(new Error('Away')))
  await expect(refused).rejects.toThrow('Away')
  receive(goOn(2, LENGTH + 1))

  expect(chat()?.state.messages).toHaveProperty(id(LENGTH + 1))
  expect(chat()?.state.messages).not.toHaveProperty('aside')
})
