import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aMessage, aSession } from '../../test/factories/rows'
import type { Message } from '../shared/api/wire'
import { initialState, merged, reduce, type SessionState } from './reducer'
import { bottomAfter, PAGE, trimmed, type Window, windowOf } from './window'

const id = (place: number) => `m${String(place).padStart(5, '0')}`

function row(place: number, fields: Partial<Message> = {}): Message {
  return aMessage({ id: id(place), parent_id: place === 1 ? null : id(place - 1), position: place, ...fields })
}

const rows = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => row(from + index))

function stateOf(...rows: Message[]): SessionState {
  const messages = Object.fromEntries(rows.map((each) => [each.id, each]))
  return { ...initialState('s1'), seq: 1, session: aSession(), messages }
}

function deleted(state: SessionState, message: Message): SessionState {
  const [next] = reduce(state, { type: 'message:deleted', seq: (state.seq ?? 0) + 1, session_id: 's1', message })
  return next
}

const placesOf = ({ ids }: Window) => ids.map((each) => Number(each.slice(1)))

describe('the window', () => {
  test('is what is loaded above the end, and tells where in the branch it stands', () => {
    const window = windowOf(stateOf(...rows(951, 1000)), id(1000), null)

    expect(placesOf(window)).toEqual(rows(951, 1000).map(({ position }) => position))
    expect(window).toMatchObject({ first: 951, total: 1000, older: true, newer: false })
  })

  test('of a whole chat has nothing above it', () => {
    expect(windowOf(stateOf(...rows(1, 3)), id(3), null)).toMatchObject({ first: 1, total: 3, older: false })
  })

  test('ends at its bottom while rows are missing below', () => {
    const window = windowOf(stateOf(...rows(300, 349), ...rows(951, 1000)), id(1000), id(349))

    expect(placesOf(window).at(-1)).toBe(349)
    expect(window).toMatchObject({ first: 300, total: 1000, older: true, newer: true })
  })

  test('counts rows that an event brought without their place', () => {
    const state = stateOf(...rows(951, 1000), row(1001, { position: null }), row(1002, { position: null }))

    expect(windowOf(state, id(1002), null)).toMatchObject({ first: 951, total: 1002 })
  })

  test('of a chat that is not here is empty', () => {
    expect(windowOf(initialState('s1'), null, null)).toEqual({
      ids: [],
      first: null,
      total: null,
      older: false,
      newer: false,
    })
  })
})

describe('the bottom of the window', () => {
  const apart = stateOf(...rows(300, 349), ...rows(951, 1000))

  test('stays while the end of the branch grows elsewhere', () => {
    const grown = merged(apart, [row(1001)])

    expect(bottomAfter(grown, id(1001), { leaf: id(1000), bottom: id(349) })).toBe(id(349))
  })

  test('is the end as soon as the rows between are loaded', () => {
    const whole = merged(apart, rows(350, 950))

    expect(bottomAfter(whole, id(1000), { leaf: id(1000), bottom: id(950) })).toBeNull()
  })

  test('moves up when its row is deleted', () => {
    expect(bottomAfter(deleted(apart, row(349)), id(1000), { leaf: id(1000), bottom: id(349) })).toBe(id(348))
  })

  test('is the end of another branch that is chosen, or the row that was looked for there', () => {
    const other = aMessage({ id: 'other', parent_id: id(310), position: 311 })
    const leaf = aMessage({ id: 'leaf', parent_id: 'unknown', position: 600 })
    const state = { ...apart, messages: { ...apart.messages, other, leaf } }
    const before = { leaf: id(1000), bottom: id(349) }

    expect(bottomAfter(state, 'leaf', before)).toBeNull()
    expect(bottomAfter(state, 'leaf', before, 'other')).toBe('other')
  })

  test('is the end when its row is not here any more', () => {
    expect(bottomAfter(stateOf(...rows(951, 1000)), id(1000), { leaf: id(1000), bottom: id(349) })).toBeNull()
  })
})

describe('what is let go', () => {
  const LENGTH = 300

  /** A chat of which a run around the reader and some of its end are loaded. */
  const loaded = fc
    .record({
      from: fc.integer({ min: 1, max: LENGTH }),
      length: fc.integer({ min: 1, max: 200 }),
      tail: fc.integer({ min: 1, max: 80 }),
      reader: fc.nat(),
      limit: fc.integer({ min: 1, max: 150 }),
    })
    .map(({ from, length, tail, reader, limit }) => {
      const to = Math.min(LENGTH, from + length - 1)
      const state = stateOf(...rows(from, to), ...rows(LENGTH + 1 - tail, LENGTH))
      const bottom = bottomAfter(state, id(LENGTH), { leaf: id(LENGTH), bottom: id(to) })
      const { ids } = windowOf(state, id(LENGTH), bottom)
      return { state, bottom, reading: ids[reader % ids.length] ?? '', limit }
    })

  test('never breaks the run, parts it from the reader, or loses the end', () => {
    fc.assert(
      fc.property(loaded, ({ state, bottom, reading, limit }) => {
        const left = trimmed(state, id(LENGTH), bottom, reading, limit)
        const window = windowOf(left.state, id(LENGTH), left.bottom)

        const places = placesOf(window)
        expect(places.every((place, index) => place === (window.first ?? 0) + index)).toBe(true)
        expect(window.ids.includes(reading)).toBe(true)
        expect(window.total).toBe(LENGTH)
        expect(id(LENGTH) in left.state.messages).toBe(true)
        expect(Object.keys(left.state.messages).length).toBeLessThanOrEqual(limit + PAGE)
        expect(bottomAfter(left.state, id(LENGTH), { leaf: id(LENGTH), bottom: left.bottom })).toBe(left.bottom)
      }),
    )
  })

  test('at the end is what lies farthest above', () => {
    const left = trimmed(stateOf(...rows(501, 1000)), id(1000), null, null, 350)

    expect(windowOf(left.state, id(1000), left.bottom)).toMatchObject({ first: 651, total: 1000, newer: false })
  })

  test('takes no place of the others with it', () => {
    const untold = rows(521, 1000).map((each) => ({ ...each, position: null }))
    const left = trimmed(stateOf(...rows(501, 520), ...untold), id(1000), null, null, 350)

    expect(windowOf(left.state, id(1000), left.bottom)).toMatchObject({ first: 651, total: 1000 })
  })

  test('for a reader far above is what lies below, but for the newest page', () => {
    const left = trimmed(stateOf(...rows(501, 1000)), id(1000), null, id(510), 350)
    const window = windowOf(left.state, id(1000), left.bottom)

    expect(window).toMatchObject({ first: 501, newer: true, total: 1000 })
    expect(placesOf(window).at(-1)).toBe(850)
    expect(Object.keys(left.state.messages)).toHaveLength(400)
  })

  test('is never a reply that is still written', () => {
    const running = row(700, { id: 'running', status: 'streaming', attempt: 1 })
    const state = { ...stateOf(...rows(501, 1000), running), replies: { running: open('So far') } }
    const left = trimmed(state, id(1000), null, null, 100)

    expect(left.state.messages).toHaveProperty('running')
    expect(left.state.replies.running?.text).toBe('So far')
  })
})

const open = (text: string) => ({ attempt: 1, text, length: text.length, closed: false })
