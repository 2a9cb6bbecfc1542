import { expect, test } from 'vitest'
import { aMessage, aSession } from '../../../test/factories/rows'
import type { Saying } from '../../outbox/sayings'
import { initialState, merged } from '../../realtime/reducer'
import type { Chat } from '../../realtime/store'
import type { Message } from '../../shared/api/wire'
import { runningReply, transcriptOf } from './rows'

function chatOf(leaf: string, ...messages: Message[]): Chat {
  const state = merged({ ...initialState('s1'), seq: 1, session: aSession() }, messages)
  return { state, leaf, bottom: null, problem: null }
}

const saying = (fields: Partial<Saying>): Saying => ({
  id: 'x',
  sessionId: 's1',
  content: '',
  saidAt: '2026-11-21T10:42:00Z',
  status: 'sending',
  problem: null,
  tries: 0,
  ...fields,
})

const rowsOf = (...given: Parameters<typeof transcriptOf>) => transcriptOf(...given).rows

const TREE = [
  aMessage({ id: 'm1', role: 'assistant' }),
  aMessage({ id: 'm2', parent_id: 'm1' }),
  aMessage({ id: 'm3', parent_id: 'm2', role: 'assistant', sibling_ids: ['m0', 'm3'] }),
  aMessage({ id: 'm4', parent_id: 'm2', role: 'assistant' }),
]

test('the rows are the branch to its leaf, then what is being said in this chat', () => {
  const outbox = [saying({ id: 'x1' }), saying({ id: 'x2', sessionId: 'other' }), saying({ id: 'm2' })]

  expect(rowsOf(chatOf('m3', ...TREE), outbox).map(({ id }) => id)).toEqual(['m1', 'm2', 'm3', 'x1'])
})

test('siblings are those that the server told and those that came since, in their order', () => {
  const row = rowsOf(chatOf('m3', ...TREE), []).at(-1)

  expect(row).toMatchObject({ kind: 'message', siblings: ['m0', 'm3', 'm4'] })
})

test('the reply that runs is the first unfinished one', () => {
  const waiting = [
    ...TREE.slice(0, 2),
    aMessage({ id: 'm5', parent_id: 'm2', role: 'assistant', status: 'streaming' }),
    aMessage({ id: 'm6', parent_id: 'm5' }),
    aMessage({ id: 'm7', parent_id: 'm6', role: 'assistant', status: 'queued' }),
  ]

  expect(runningReply(rowsOf(chatOf('m7', ...waiting), []))?.id).toBe('m5')
  expect(runningReply(rowsOf(chatOf('m3', ...TREE), []))).toBeNull()
})
