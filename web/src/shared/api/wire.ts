/** Rows as they travel, over REST and the socket alike; all but a reply's error come from the server's description. */

import type { components } from './schema.gen'

type Schemas = components['schemas']

export interface MessageError {
  code: string
  title: string
  detail?: string | null
  retryable: boolean
}

export type Message = Omit<Schemas['MessageOut'], 'error'> & { error: MessageError | null }
export type MessageStatus = Message['status']
/** A session's row; lists and `session:updated` carry the same one. */
export type SessionRow = Schemas['SessionOut']
export type Character = Schemas['CharacterOut']
export type Model = Schemas['ModelOut']
/** A problem document (RFC 9457), as REST answers it and `error` frames carry it. */
export type ProblemBody = Schemas['Problem']
