import { useEffect, useState } from 'react'
import { Message, SayingMessage } from '../src/features/chat/message'
import type { RowDeeds } from '../src/features/chat/row-deeds'
import type { Message as MessageData, MessageError } from '../src/shared/api/wire'
import { RawRow } from '../src/shared/ui/boundary'
import { aMessage, aSaying } from '../test/factories/rows'
import { Exhibit, Room } from './exhibit'

const WREN = { name: 'Wren', image: null }
const SAID =
  '“In a fog? Nothing, and all of it,” *she says, and turns the lamp down a hair.* “You learn to see with your ears.”'
const WRITTEN = { model: 'gpt-4o', usage: { prompt_tokens: 812, completion_tokens: 64, cost: 0.0021 } }
const NO_ANSWER: MessageError = {
  code: 'timeout',
  title: 'The model took too long',
  detail: 'No byte for 60 s.',
  retryable: true,
}
const EVERYTHING = `## What the log says

${SAID}

A line that ends here
and goes on there, with **strong words**, ~~struck ones~~, \`code\`, https://example.org/chart and a\u00a0very${'y'.repeat(90)} long one.

1. [x] oil for the week
2. [ ] a letter to the harbour master
   - with a list
   - inside

> The keeper keeps the light, and the light keeps the keeper.

| hour | light | sea |
| --- | --- | --- |
| ten | steady | calm |
| eleven | failing | rising, with a long swell from the north-west |

\`\`\`python
for turn in range(12):
    lamp.turn(turn * 30)  # one breath each
    sea.listen("who is out there?")
\`\`\`

![A chart](https://example.org/chart.png) <b>not bold</b>

---

چراغ می‌گردد و دریا تاریک است. “The lamp turns.”`

const REPLIES: Record<string, Partial<MessageData>> = {
  'waits to answer': { status: 'queued', content: '' },
  'before its first word': { status: 'streaming', attempt: 1, content: '' },
  'is written': { status: 'streaming', attempt: 1, content: `${SAID}\n\nAnd *then` },
  'is written, in code': { status: 'streaming', attempt: 1, content: '```python\nfor turn in range(12):\n    lamp.' },
  complete: { content: SAID, ...WRITTEN },
  'complete, with everything that a text can hold': { content: EVERYTHING },
  'complete, pinned and hidden': { content: SAID, pinned: true, hidden: true },
  'written from right to left': { content: '«چراغ می‌گردد،» *می‌گوید*، «و دریا تاریک است.»' },
  'stopped with some text': { status: 'stopped', content: SAID },
  'stopped before its first word': { status: 'stopped', content: '' },
  'cut off': { status: 'failed', content: SAID, error: { ...NO_ANSWER, code: 'provider_cut' } },
  'cut off for a reason': { status: 'failed', content: SAID, error: NO_ANSWER, provider: 'openai', model: 'gpt-4o' },
  failed: { status: 'failed', content: '', error: NO_ANSWER, provider: 'openai', model: 'gpt-4o' },
  'failed without a reason': { status: 'failed', content: '' },
}

const OWN: Record<string, Partial<MessageData>> = {
  stored: { content: 'What do you see from up there, when the *fog* is in?' },
  'pinned and hidden': { content: 'Good evening.', pinned: true, hidden: true },
  'written from right to left': { content: 'از آن بالا چه می‌بینی؟' },
}

const REFUSED = {
  type: 'about:blank',
  title: 'Too long',
  detail: 'The text is too long.',
  status: 422,
  code: 'too_long',
}

export function Rows() {
  return (
    <Room name="Rows of a transcript">
      {Object.entries(REPLIES).map(([name, fields]) => (
        <Row key={name} name={`a reply that ${/^(is|waits)/.test(name) ? '' : 'is '}${name}`} fields={fields} />
      ))}
      <Row name="a reply that has three versions" fields={{ content: SAID }} siblings={['a', 'reply', 'z']} />
      <Row name="a reply that is edited" fields={{ content: SAID }} editing />
      <Row name="a greeting" fields={{ content: 'Good evening, traveller.', parent_id: null }} />
      <Exhibit of="a reply that is written again">
        <WrittenAgain />
      </Exhibit>
      {Object.entries(OWN).map(([name, fields]) => (
        <Row key={name} name={`an own message, ${name}`} fields={{ ...fields, role: 'user' }} />
      ))}
      <Row
        name="an own message that has two versions"
        fields={{ content: 'Where shall I sit?', role: 'user' }}
        siblings={['a', 'reply']}
      />
      <Row name="an own message that is edited" fields={{ content: 'Where shall I sit?', role: 'user' }} editing />
      <Exhibit of="what is said: sending">
        <SayingMessage saying={aSaying()} online deeds={DEEDS} />
      </Exhibit>
      <Exhibit of="what is said: kept">
        <SayingMessage saying={aSaying()} online={false} deeds={DEEDS} />
      </Exhibit>
      <Exhibit of="what is said: stored">
        <SayingMessage saying={aSaying({ status: 'stored' })} online deeds={DEEDS} />
      </Exhibit>
      <Exhibit of="what is said: refused">
        <SayingMessage saying={aSaying({ status: 'refused', problem: REFUSED })} online deeds={DEEDS} />
      </Exhibit>
    </Room>
  )
}

interface RowProps {
  name: string
  fields: Partial<MessageData>
  siblings?: string[]
  editing?: boolean
}

function Row({ name, fields, siblings = ['reply'], editing = false }: RowProps) {
  return (
    <Exhibit of={name}>
      <Shown
        message={aReply({ id: name, ...fields })}
        siblings={siblings.map((id) => (id === 'reply' ? name : id))}
        editing={editing}
      />
    </Exhibit>
  )
}

interface ShownProps {
  message: MessageData
  siblings: readonly string[]
  editing?: boolean
}

function Shown({ message, siblings, editing = false }: ShownProps) {
  const { id } = message
  return (
    <div className="mx-auto max-w-[46rem]">
      <RawRow text={message.content}>
        <Message
          row={{ kind: 'message', id, message, siblings, position: 3, at: new Date(message.timestamp) }}
          speaker={WREN}
          deeds={DEEDS}
          editing={editing}
          last
          following={0}
          total={3}
        />
      </RawRow>
    </div>
  )
}

/** What an earlier attempt had written stays, paler, until the new one has overtaken it. */
function WrittenAgain() {
  const id = 'a reply that is written again'
  const [attempt, setAttempt] = useState(1)
  useEffect(() => setAttempt(2), [])
  const content = attempt === 1 ? SAID : SAID.slice(0, 40)
  return <Shown message={aReply({ id, status: 'streaming', attempt, content })} siblings={[id]} />
}

function aReply(fields: Partial<MessageData>): MessageData {
  return aMessage({ parent_id: 'question', role: 'assistant', ...fields })
}

function nothing() {
  // Nothing in the gallery is stored.
}

const DEEDS: RowDeeds = {
  copy: nothing,
  startEdit: nothing,
  save: async () => nothing(),
  restore: nothing,
  mark: nothing,
  sayInstead: nothing,
  sayAfter: nothing,
  fork: nothing,
  remove: nothing,
  select: nothing,
  swipe: nothing,
  stop: nothing,
  retry: nothing,
  goOn: nothing,
  open: nothing,
  remedySaying: nothing,
}
