import { describe, expect, it } from 'vitest'
import type { ServerFrame } from './protocol'
import { branch, childrenByParent, type Effect, initialState, reduce, type SessionState, textOf } from './reducer'
import vectors from './vectors/reducer.json'

interface Case {
  name: string
  given: keyof typeof vectors.given
  frames: ServerFrame[]
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
  }
}

function run(state: SessionState, frames: ServerFrame[]): [SessionState, Effect[]] {
  const effects: Effect[] = []
  for (const frame of frames) {
    const [next, more] = reduce(state, frame)
    state = next
    effects.push(...more)
  }
  return [state, effects]
}

describe('the vectors that the Python client runs too', () => {
  it.each(vectors.cases as unknown as Case[])('$name', ({ given, frames, effects, expect: expected }) => {
    const [start, none] = run(initialState('s1'), vectors.given[given] as unknown as ServerFrame[])
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
    if (expected.children) {
      const children = [...childrenByParent(state)].map(([parent, ids]) => [parent ?? '', ids])
      expect(Object.fromEntries(children)).toEqual(expected.children)
    }
    if (expected.branch) expect(branch(state, expected.branch.leaf)).toEqual(expected.branch.ids)
    if (expected.title) expect(state.session?.title).toBe(expected.title)
    expect(JSON.stringify(start), 'a state is never changed in place').toBe(before)
  })
})
