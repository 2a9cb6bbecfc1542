import { expect, test } from 'vitest'
import { type ComposerKey, sends } from './composer-keys'

const ENTER: ComposerKey = { key: 'Enter', keyCode: 13, shiftKey: false, altKey: false, isComposing: false }
const LONG_AGO = Number.POSITIVE_INFINITY

test('Enter sends', () => {
  expect(sends(ENTER, LONG_AGO, false)).toBe(true)
})

test.each<[string, Partial<ComposerKey>]>([
  ['Shift+Enter', { shiftKey: true }],
  ['Alt+Enter', { altKey: true }],
  ['another key', { key: 'a', keyCode: 65 }],
  ['Enter that confirms a composition', { isComposing: true }],
  ['Enter that an input method handles', { keyCode: 229 }],
])('%s does not', (_, difference) => {
  expect(sends({ ...ENTER, ...difference }, LONG_AGO, false)).toBe(false)
})

test('nor does Enter within 50 ms of a composition, which Safari ends before the key', () => {
  expect(sends(ENTER, 50, false)).toBe(false)
  expect(sends(ENTER, 51, false)).toBe(true)
})

test('under a finger Enter is a new line', () => {
  expect(sends(ENTER, LONG_AGO, true)).toBe(false)
})
