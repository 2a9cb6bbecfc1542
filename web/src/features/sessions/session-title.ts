import type { Session } from '../../shared/api/sessions'
import type { Character } from '../../shared/api/wire'
import type { Text } from '../../shared/i18n/text'

/** What a chat is called where it is listed. */
export function titleOf(session: Session, character: Character | null, t: Text): string {
  if (session.title) return session.title
  return character ? t('sessions.chatWith', { name: character.name }) : t('sessions.untitled')
}
