import { describe, expect, it } from 'vitest'
import type { Message } from '../shared/api/wire'
import type { ServerFrame } from './protocol'
import {
  branch,
  childrenByParent,
  type Effect,
  initialState,
  joinFrame,
  merged,
  reduce,
  type SessionState,
  textOf,
} from './reducer'
import vectors from './vectors/reducer.json'

type Step = ServerFrame | { type: 'rows'; rows: Message[] }

interface Case {
  name: string
  given: keyof typeof vectors.given
  frames: Step[]
  effects: Effect[]
  expect: {
    seq: number | null
    joining: boolean
    texts: Record<string, string>
    status?: Record<string, string>
    errors?: Record<string, string | null>
    children?: Record<string, string[]>
    branch?: { leaf: string; ids: string[] }
    title?: string
    members?: Record<string, object>
  }
}

function run(state: SessionState, frames: Step[]): [SessionState, Effect[]] {
  const effects: Effect[] = []
  for (const frame of frames) {
    const [next, more] = frame.type === 'rows' ? [merged(state, frame.rows), []] : reduce(state, frame)
    state = next
    effects.push(...more)
  }
  return [state, effects]
}

describe('the vectors that the Python client runs too', () => {
  it.each(vectors.cases as unknown as Case[])('$name', ({ given, frames, effects, expect: expected }) => {
    const [start, none] = run(initialState('s1'), vectors.given[given] as unknown as Step[])
    const before = JSON.stringify(start)

    const [state, done] = run(start, frames)

    expect(none).toEqual([])
    expect(done).toEqual(effects)
    expect(state).toMatchObject({ seq: expected.seq, joining: expected.joining })
    for (const [id, text] of Object.entries(expected.texts)) expect(textOf(state, id)).toBe(text)
    for (const [id, status] of Object.entries(expected.status ?? {})) expect(state.messages[id]?.status).toBe(status)
    for (const [id, code] of Object.entries(expected.errors ?? {})) {
      expect(state.messages[id]?.error?.code ?? null).toBe(code)
    }
    for (const [id, members] of Object.entries(expected.members ?? {})) {
      expect(state.messages[id]).toMatchObject(members)
    }
    if (expected.children) {
      const children = [...childrenByParent(state)].map(([parent, ids]) => [parent ?? '', ids])
      expect(Object.fromEntries(children)).toEqual(expected.children)
    }
    if (expected.branch) expect(branch(state, expected.branch.leaf)).toEqual(expected.branch.ids)
    if (expected.title) expect(state.session?.title).toBe(expected.title)
    expect(JSON.stringify(start), 'a state is never changed in place').toBe(before)
  })
})

/** A small generator of even numbers in [0, 1) from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const POINTS = Array.from('ab \n"\u0301\u200d漢🐋🫖é')

describe('a reply', () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))(
    'survives every cut, repeat, loss and reconnect (%i)',
    (seed) => {
      const random = seeded(seed)
      const upTo = (limit: number) => Math.floor(random() * (limit + 1))
      const text = Array.from({ length: 1 + upTo(60) }, () => POINTS[upTo(POINTS.length - 1)] ?? '')
      const piece = (from: number, to: number) => text.slice(from, to).join('')
      const at = { session_id: 's1', message_id: 'r1', attempt: 1 }
      const live = (offset: number, to: number) => [{ message_id: 'r1', attempt: 1, offset, text: piece(offset, to) }]
      const joined = { type: 'session:joined', session_id: 's1', epoch: 'e1', seq: 1, session: {} }

      let [state] = run(initialState('s1'), [{ ...joined, messages: [], live: live(0, 0) } as unknown as Step])
      for (let sent = 0; sent < text.length; ) {
        const from = Math.max(0, sent - upTo(5))
        sent = Math.min(text.length, sent + 1 + upTo(8))
        if (random() < 0.2) continue
        const token: ServerFrame = { type: 'chat:stream:token', ...at, offset: from, token: piece(from, sent) }
        const [next, effects] = run(state, random() < 0.3 ? [token, token] : [token])
        expect(effects.every((effect) => effect.type === 'send')).toBe(true)
        state = next
        expect(piece(0, sent).startsWith(textOf(state, 'r1'))).toBe(true)
        if (effects.length > 0 || random() < 0.1) {
          const frame = joinFrame(state)
          const offset = frame.type === 'session:join' ? (frame.live?.[0]?.offset ?? 0) : 0
          ;[state] = run(state, [{ ...joined, live: live(offset, sent) } as unknown as Step])
          expect(textOf(state, 'r1')).toBe(piece(0, sent))
        }
      }
      const rest = joinFrame(state)
      const offset = rest.type === 'session:join' ? (rest.live?.[0]?.offset ?? 0) : 0
      ;[state] = run(state, [{ ...joined, live: live(offset, text.length) } as unknown as Step])
      expect(textOf(state, 'r1')).toBe(piece(0, text.length))
    },
  )

  it('changes nothing but itself, whatever else is loaded', () => {
    const [before] = run(initialState('s1'), vectors.given.streaming as unknown as Step[])
    const piece = { session_id: 's1', message_id: 'r1', attempt: 1, offset: 7, token: ' now' }
    const [after] = reduce(before, { type: 'chat:stream:token', ...piece })
    expect({ ...after, replies: before.replies }).toEqual(before)
    expect(after.messages).toBe(before.messages)
    expect(after.session).toBe(before.session)
  })
})
