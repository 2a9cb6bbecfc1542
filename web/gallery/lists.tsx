import { CharacterCard } from '../src/features/characters/character-card'
import { SessionItem } from '../src/features/sessions/session-item'
import { normalizeSession } from '../src/shared/api/sessions'
import type { SessionRow } from '../src/shared/api/wire'
import { aCharacter, aSession } from '../test/factories/rows'
import { Exhibit, Room } from './exhibit'

const LONG = 'Letters to the harbour master, which were never sent, and one that was'
const LAST_LINE = 'The lamp turns, and the sea is dark between two turns of it.'
const WREN = aCharacter()

const SESSIONS: Record<string, Partial<SessionRow>> = {
  plain: { last_line: LAST_LINE, total_messages: 42 },
  current: { last_line: LAST_LINE, total_messages: 42 },
  unread: { unread: true, last_line: LAST_LINE, total_messages: 3 },
  answering: { answering: true, last_line: LAST_LINE, total_messages: 10_000 },
  'with a long title': { title: LONG, pinned: true },
  'written from right to left': { title: 'چراغ دریایی', last_line: 'چراغ می‌گردد و دریا تاریک است.', total_messages: 7 },
}

export function Lists() {
  return (
    <Room name="Chats and characters">
      {Object.entries(SESSIONS).map(([name, fields]) => (
        <Exhibit key={name} of={`SessionItem, ${name}`}>
          <div className="max-w-[280px] bg-sunken p-2">
            <SessionItem
              session={normalizeSession(aSession({ id: name, ...fields }))}
              title={fields.title ?? 'Tea by the stove'}
              character={WREN}
              current={name === 'current'}
              answering={fields.answering ?? false}
              onRename={nothing}
              onPin={nothing}
              onArchive={nothing}
              onDelete={nothing}
            />
          </div>
        </Exhibit>
      ))}
      <Exhibit of="CharacterCard">
        <ul className="grid max-w-3xl grid-cols-[repeat(auto-fill,minmax(10rem,1fr))] gap-6">
          <CharacterCard character={aCharacter({ tags: ['sea', 'kind'] })} />
          <CharacterCard character={aCharacter({ name: 'Ada, who repairs clocks and other people’s evenings' })} />
          <CharacterCard character={aCharacter({ name: 'مینا', archived: true })} />
          <CharacterCard character={aCharacter({ avatar_image: '/icon.svg' })} />
        </ul>
      </Exhibit>
    </Room>
  )
}

function nothing() {
  // Nothing in the gallery is stored.
}
