import { expect, test } from 'vitest'
import { aMessage } from '../../../test/factories/rows'
import type { Saying } from '../../outbox/sayings'
import type { Message } from '../../shared/api/wire'
import { messageState, sayingState } from './state-words'

const SAYING: Saying = {
  id: 'x',
  sessionId: 's1',
  content: 'Hello',
  saidAt: '',
  status: 'sending',
  problem: null,
  tries: 0,
}
const REFUSED = { title: 'Too long', status: 422, code: 'too_long', detail: 'At most 32,768 characters.' }
const UNREACHABLE = { code: 'unreachable', title: 'The model is out of reach', detail: 'ECONNREFUSED', retryable: true }

test.each<[Partial<Saying>, boolean, string]>([
  [{}, true, 'sending'],
  [{}, false, 'kept, will be sent'],
  [{ status: 'stored' }, true, 'stored'],
  [{ status: 'refused', problem: REFUSED }, true, 'not sent: At most 32,768 characters.'],
])('what was just said, %j, online %s, is %j', (fields, online, words) => {
  expect(sayingState({ ...SAYING, ...fields }, online).words).toBe(words)
})

test.each<[Partial<Message>, string, string[]]>([
  [{ role: 'user' }, 'stored', []],
  [{ status: 'queued' }, 'waits to answer', []],
  [{ status: 'streaming', attempt: 1 }, 'answering', []],
  [{ status: 'streaming', attempt: 2 }, 'answering again', []],
  [{ status: 'complete', content: 'Done.' }, '', []],
  [{ status: 'stopped', content: 'Half' }, 'stopped here', ['continue']],
  [{ status: 'stopped' }, 'stopped here', ['retry']],
  [
    { status: 'failed', content: 'Half', error: UNREACHABLE },
    'cut off: The model is out of reach',
    ['continue', 'retry'],
  ],
  [
    { status: 'failed', content: 'Half', error: { ...UNREACHABLE, code: 'provider_cut' } },
    'cut off',
    ['continue', 'retry'],
  ],
  [{ status: 'failed', error: UNREACHABLE }, 'failed: The model is out of reach', ['retry']],
])('a message %j is %j', (fields, words, remedies) => {
  expect(messageState(aMessage({ role: 'assistant', ...fields }))).toMatchObject({ words, remedies })
})

test('the technical side of a failure is kept apart', () => {
  const message = aMessage({ role: 'assistant', status: 'failed', error: UNREACHABLE, provider: 'openai', model: 'm' })

  expect(messageState(message).details).toBe('ECONNREFUSED · unreachable · openai · m')
})
