import { answer, api, ifMatch } from './client'
import type { components } from './schema.gen'
import type { Message, SessionRow } from './wire'

type Schemas = components['schemas']
/** What the model read for a reply. */
export type Prompt = Schemas['causerie__prompting__schemas__PromptOut']
export type PromptPart = Schemas['PromptPartOut']

/** Beside which message a page of a branch lies. */
export type PlaceOfPage = { before: string } | { after: string } | { around: string }

/** The newest page of the branch that ends in `leaf` (null: the active branch), or the one at a place; oldest first. */
export async function getMessages(sessionId: string, leaf: string | null, place?: PlaceOfPage): Promise<Message[]> {
  const query = { chat_session_id: sessionId, leaf, ...place }
  const page = await answer(api.GET('/api/messages', { params: { query } }))
  return page.items.map(message)
}

export async function getMessage(id: string): Promise<Message> {
  return message(await answer(api.GET('/api/messages/{message_id}', inPath(id))))
}

/** Change a message, unless somebody else has since it was read. */
export async function updateMessage({ id, version }: Message, body: Schemas['MessagePatch']): Promise<Message> {
  const params = { ...inPath(id).params, header: ifMatch(version) }
  return message(await answer(api.PATCH('/api/messages/{message_id}', { params, body })))
}

/** What a message said before, oldest first. */
export function getRevisions(id: string) {
  return answer(api.GET('/api/messages/{message_id}/revisions', inPath(id)))
}

/** What the model was asked for a reply; 404 when it was asked nothing. */
export function getPrompt(id: string): Promise<Prompt> {
  return answer(api.GET('/api/messages/{message_id}/prompt', inPath(id)))
}

/** Copy the branch as far as a message into a new chat. */
export function forkChatSession({ id, session_id }: Message): Promise<SessionRow> {
  const params = { path: { session_id } }
  return answer(api.POST('/api/sessions/{session_id}/fork', { params, body: { message_id: id } }))
}

/** Take a message out of its branch; with `subtree` everything after it too. */
export function deleteMessage(id: string, subtree: boolean) {
  const params = { ...inPath(id).params, query: { subtree } }
  return answer(api.DELETE('/api/messages/{message_id}', { params }))
}

/** Bring back what one delete took. */
export function restoreMessage(id: string) {
  return answer(api.POST('/api/messages/{message_id}/restore', inPath(id)))
}

function inPath(id: string) {
  return { params: { path: { message_id: id } } }
}

/** The description leaves open what an error holds; the contract does not. */
function message(row: Schemas['MessageOut']): Message {
  return row as Message
}
