/** Where a message stands, in words. Every state has its sentence; none is told by colour alone. */

import type { Saying } from '../../outbox/sayings'
import type { Message, MessageError } from '../../shared/api/wire'
import { text } from '../../shared/i18n/text'

export type Tone = 'quiet' | 'running' | 'warn' | 'danger'

export interface StateWords {
  words: string
  tone: Tone
  /** Nothing more is to come. */
  settled?: boolean
  /** What the reader may do about it, the likeliest first. */
  remedies: readonly Remedy[]
  /** For those who look into it: code, provider, what it said. */
  details?: string
}

export type Remedy = 'continue' | 'retry' | 'say again' | 'edit' | 'discard'

export function sayingState(saying: Saying, online: boolean): StateWords {
  if (saying.status === 'refused') {
    const reason = saying.problem?.detail || saying.problem?.title || text('chat.refusedSomehow')
    return { words: text('chat.notSent', { reason }), tone: 'danger', remedies: ['say again', 'edit', 'discard'] }
  }
  if (saying.status === 'stored') return stored()
  return { words: text(online ? 'chat.sending' : 'chat.kept'), tone: 'quiet', remedies: [] }
}

export function messageState(message: Message): StateWords {
  if (message.role === 'user') return stored()
  switch (message.status) {
    case 'queued':
      return { words: text(message.attempt > 0 ? 'chat.answeringAgain' : 'chat.waits'), tone: 'running', remedies: [] }
    case 'streaming':
      return {
        words: text(message.attempt > 1 ? 'chat.answeringAgain' : 'chat.answering'),
        tone: 'running',
        remedies: [],
      }
    case 'stopped':
      return {
        words: text('chat.stopped'),
        tone: 'quiet',
        settled: true,
        remedies: message.content ? ['continue'] : ['retry'],
      }
    case 'failed':
      return failed(message, message.error)
    case 'complete':
      return { words: '', tone: 'quiet', remedies: [] }
  }
}

function stored(): StateWords {
  return { words: text('chat.stored'), tone: 'quiet', settled: true, remedies: [] }
}

function failed(message: Message, error: MessageError | null): StateWords {
  const reason = error?.title ?? text('chat.noReason')
  const details = [error?.detail, error?.code, message.provider, message.model].filter(Boolean).join(' · ')
  return message.content
    ? {
        words: error?.code === 'provider_cut' ? text('chat.cutOff') : text('chat.cutOffBy', { reason }),
        tone: 'warn',
        remedies: ['continue', 'retry'],
        details,
      }
    : { words: text('chat.failed', { reason }), tone: 'danger', remedies: ['retry'], details }
}
