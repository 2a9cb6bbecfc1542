/** What is told of a character, field by field. */

import type { MessageKey } from '../../shared/i18n/keys'
import type { CharacterFields } from './use-characters'

export type FieldName = keyof CharacterFields

export const FIELD: Record<FieldName, MessageKey> = {
  name: 'characters.name',
  first_mes: 'characters.firstWords',
  alternate_greetings: 'characters.greetings',
  description: 'characters.description',
  personality: 'characters.personality',
  scenario: 'characters.scenario',
  mes_example: 'characters.example',
  tags: 'characters.tags',
  system_prompt: 'characters.systemPrompt',
  post_history_instructions: 'characters.afterHistory',
  creator_notes: 'characters.notes',
}

export const FIELDS = Object.keys(FIELD) as FieldName[]

/** The members of `fields` that are not as in `base`. */
export function changedFields(fields: CharacterFields, base: CharacterFields): Partial<CharacterFields> {
  return Object.fromEntries(differing(fields, base).map((name) => [name, fields[name]]))
}

export function differing(one: Partial<CharacterFields>, other: Partial<CharacterFields>): FieldName[] {
  return FIELDS.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]))
}

/** A field as text to read. */
export function told(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join('\n\n')
}
