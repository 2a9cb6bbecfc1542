import { expect, test } from 'vitest'
import { type ComposerKey, type ComposerState, meaning } from './composer-keys'

const WRITING: ComposerState = {
  empty: false,
  sinceComposition: Number.POSITIVE_INFINITY,
  coarse: false,
  enter: 'send',
  keys: {},
  rightToLeft: false,
}
const EMPTY: ComposerState = { ...WRITING, empty: true }

function key(name: string, more: Partial<ComposerKey> = {}): ComposerKey {
  return {
    key: name,
    code: '',
    keyCode: 0,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    nativeEvent: { isComposing: false },
    ...more,
  }
}

test('Enter sends, Shift+Enter begins a line', () => {
  expect(meaning(key('Enter'), WRITING)).toBe('send')
  expect(meaning(key('Enter', { shiftKey: true }), WRITING)).toBeNull()
  expect(meaning(key('a'), WRITING)).toBeNull()
})

test('who wants Enter to begin a line sends with Ctrl+Enter', () => {
  const state: ComposerState = { ...WRITING, enter: 'newline' }
  expect(meaning(key('Enter'), state)).toBeNull()
  expect(meaning(key('Enter', { ctrlKey: true }), state)).toBe('send')
  expect(meaning(key('Enter', { metaKey: true }), state)).toBe('send')
})

test('under a finger Enter is a new line', () => {
  expect(meaning(key('Enter'), { ...WRITING, coarse: true })).toBeNull()
})

test.each<[string, Partial<ComposerKey>]>([
  ['that confirms a composition', { nativeEvent: { isComposing: true } }],
  ['that an input method handles', { keyCode: 229 }],
])('Enter %s does not send', (_, more) => {
  expect(meaning(key('Enter', more), WRITING)).toBeNull()
})

test('nor does Enter within 50 ms of a composition, which Safari ends before the key', () => {
  expect(meaning(key('Enter'), { ...WRITING, sinceComposition: 50 })).toBeNull()
  expect(meaning(key('Enter'), { ...WRITING, sinceComposition: 51 })).toBe('send')
})

test.each<[string, ComposerKey]>([
  ['editLast', key('ArrowUp')],
  ['previousVersion', key('ArrowLeft')],
  ['nextVersion', key('ArrowRight')],
  ['regenerate', key('Enter', { ctrlKey: true })],
])('%s has its key in the empty box alone', (command, pressed) => {
  expect(meaning(pressed, EMPTY)).toBe(command)
  expect(meaning(pressed, WRITING)).not.toBe(command)
})

test.each<[string, ComposerKey]>([
  ['editLastReply', key('ArrowUp', { ctrlKey: true })],
  ['continue', key('Enter', { altKey: true })],
  ['stop', key('Escape')],
])('%s has its key wherever the caret is', (command, pressed) => {
  expect(meaning(pressed, EMPTY)).toBe(command)
  expect(meaning(pressed, WRITING)).toBe(command)
})

test('where pages are read from right to left, the version before is on the right', () => {
  expect(meaning(key('ArrowRight'), { ...EMPTY, rightToLeft: true })).toBe('previousVersion')
  expect(meaning(key('ArrowLeft'), { ...EMPTY, rightToLeft: true })).toBe('nextVersion')
})

test('keys are the reader’s to change, and to take away', () => {
  const keys = { continue: 'Control+j', editLast: null, editLastReply: 'F2' }
  expect(meaning(key('j', { ctrlKey: true }), { ...WRITING, keys })).toBe('continue')
  expect(meaning(key('Enter', { altKey: true }), { ...WRITING, keys })).toBeNull()
  expect(meaning(key('ArrowUp'), { ...EMPTY, keys })).toBeNull()
})

test('a letter that was given to a command is still a letter in a text', () => {
  const keys = { continue: 'j' }
  expect(meaning(key('j'), { ...EMPTY, keys })).toBe('continue')
  expect(meaning(key('j'), { ...WRITING, keys })).toBeNull()
})
