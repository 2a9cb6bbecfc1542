import type { Message } from '../../shared/api/wire'

/** What stands beside a chat: its settings, or more about one of its messages. */
export type Panel = {
  /** What opened it. */
  from: HTMLElement | null
} & ({ kind: 'settings' } | { kind: MessagePanel; message: Message })

export type MessagePanel = 'revisions' | 'prompt' | 'instruction'
