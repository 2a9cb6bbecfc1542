import type { Saying } from '../../outbox/sayings'
import type { Message } from '../../shared/api/wire'
import type { Panel } from './panel'
import type { Remedy } from './state-words'

export interface Speaker {
  name: string
  image: string | null
}

/** What the reader can do to any row; one object for the whole transcript, so that rows stay as they are. */
export interface RowDeeds {
  /** Put the text into the clipboard: its Markdown, or what is read of it. */
  copy: (message: Message, plain: boolean) => void
  startEdit: (id: string | null) => void
  /** Settles when it is known whether that is saved. */
  save: (message: Message, content: string) => Promise<void>
  /** Bring back what the message said before. */
  restore: (message: Message, content: string) => void
  mark: (message: Message, marks: { hidden?: boolean; pinned?: boolean }) => void
  sayInstead: (message: Message, content: string) => void
  /** Say the next thing after this message, beside what follows it now. */
  sayAfter: (message: Message) => void
  /** Copy the branch as far as this message into a new chat. */
  fork: (message: Message) => void
  remove: (message: Message, subtree: boolean) => void
  select: (siblingId: string) => void
  swipe: (message: Message, instruction?: string) => void
  stop: (message: Message) => void
  retry: (message: Message) => void
  goOn: (message: Message) => void
  /** Show more about a message beside the chat. */
  open: (panel: Panel) => void
  remedySaying: (saying: Saying, remedy: Remedy) => void
}
