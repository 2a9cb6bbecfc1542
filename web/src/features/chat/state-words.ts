/** Where a message stands, in words. Every state has its sentence; none is told by colour alone. */

import type { Saying } from '../../realtime/store'
import type { Message, MessageError } from '../../shared/api/wire'

export type Tone = 'quiet' | 'running' | 'warn' | 'danger'

export interface StateWords {
  words: string
  tone: Tone
  /** What the reader may do about it, the likeliest first. */
  remedies: readonly Remedy[]
  /** For those who look into it: code, provider, what it said. */
  details?: string
}

export type Remedy = 'continue' | 'retry' | 'say again' | 'edit' | 'discard'

export function sayingState(saying: Saying, online: boolean): StateWords {
  if (saying.status === 'refused') {
    const reason = saying.problem?.detail || saying.problem?.title || 'the server refused it'
    return { words: `not sent: ${reason}`, tone: 'danger', remedies: ['say again', 'edit', 'discard'] }
  }
  if (saying.status === 'stored') return { words: 'stored', tone: 'quiet', remedies: [] }
  return { words: online ? 'sending' : 'kept, will be sent', tone: 'quiet', remedies: [] }
}

export function messageState(message: Message): StateWords {
  if (message.role === 'user') return { words: 'stored', tone: 'quiet', remedies: [] }
  switch (message.status) {
    case 'queued':
      return { words: message.attempt > 0 ? 'answering again' : 'waits to answer', tone: 'running', remedies: [] }
    case 'streaming':
      return { words: message.attempt > 1 ? 'answering again' : 'answering', tone: 'running', remedies: [] }
    case 'stopped':
      return { words: 'stopped here', tone: 'quiet', remedies: message.content ? ['continue'] : ['retry'] }
    case 'failed':
      return failed(message, message.error)
    case 'complete':
      return { words: '', tone: 'quiet', remedies: [] }
  }
}

function failed(message: Message, error: MessageError | null): StateWords {
  const reason = error?.title ?? 'the model gave no reason'
  const details = [error?.detail, error?.code, message.provider, message.model].filter(Boolean).join(' · ')
  return message.content
    ? {
        words: error?.code === 'provider_cut' ? 'cut off' : `cut off: ${reason}`,
        tone: 'warn',
        remedies: ['continue', 'retry'],
        details,
      }
    : { words: `failed: ${reason}`, tone: 'danger', remedies: ['retry'], details }
}
