/** How what is said travels. */

import type { Outcome } from '../outbox/outbox'
import type { Saying } from '../outbox/sayings'
import { Problem } from '../shared/api/problem'
import type { ChatMessage, Commands } from './commands'

/** Send a saying once and tell what became of it. */
export async function send(commands: Pick<Commands, 'say'>, saying: Saying): Promise<Outcome> {
  try {
    const ack = await commands.say(frameOf(saying))
    return ack ? { kind: 'stored', sessionId: ack.session_id } : { kind: 'lost' }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const { retry_after } = error.body
    return { kind: 'refused', problem: error.body, retryAfter: typeof retry_after === 'number' ? retry_after : null }
  }
}

function frameOf({ id, sessionId, content, parentId, characterId, modelId }: Saying): ChatMessage {
  return {
    type: 'chat:message',
    id,
    session_id: sessionId,
    content,
    ...(parentId !== undefined && { parent_id: parentId }),
    ...(characterId !== undefined && { character_id: characterId }),
    ...(modelId !== undefined && { ai_model_id: modelId }),
  }
}
