import { expect, test } from 'vitest'
import { COMMANDS, chordFor, chordOf, isSingle, KEYMAP, labels, means, type Press, rivals } from './keymap'

function press(key: string, more: Partial<Press> = {}): Press {
  return { key, code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more }
}

test.each<[string, Press]>([
  ['Control+k', press('k', { ctrlKey: true })],
  ['Control+k', press('K', { ctrlKey: true })], // caps lock
  ['Control+k', press('k', { metaKey: true })],
  ['Control+k', press('ن', { ctrlKey: true, code: 'KeyK' })],
  ['Control+Shift+o', press('O', { ctrlKey: true, shiftKey: true })],
  ['Alt+ArrowUp', press('ArrowUp', { altKey: true })],
  ['Shift+Enter', press('Enter', { shiftKey: true })],
  ['?', press('?', { shiftKey: true })],
  ['?', press('؟', { shiftKey: true })],
  ['?', press('？', { shiftKey: true })],
  ['Space', press(' ')],
])('%s is read from its key press', (chord, pressed) => {
  expect(chordOf(pressed)).toBe(chord)
})

test('modifiers alone, and what an input method handles, are no chord', () => {
  for (const key of ['Control', 'Shift', 'Alt', 'Meta', 'Process', 'Dead'])
    expect(chordOf(press(key, { ctrlKey: true }))).toBeNull()
})

test('a command has the chord that the reader gave it, or none', () => {
  expect(chordFor('palette', {})).toBe('Control+k')
  expect(chordFor('palette', { palette: 'Control+p' })).toBe('Control+p')
  expect(chordFor('palette', { palette: null })).toBeNull()
  expect(means(press('p', { ctrlKey: true }), 'palette', { palette: 'Control+p' })).toBe(true)
  expect(means(press('k', { ctrlKey: true }), 'palette', { palette: 'Control+p' })).toBe(false)
  expect(means(press('k', { ctrlKey: true }), 'palette', { palette: null })).toBe(false)
})

test('the usual chords do not collide', () => {
  for (const command of COMMANDS) expect(rivals(command, KEYMAP[command].chord, {}), command).toEqual([])
})

test('a chord of the page collides with every other, one of the composer only where it works', () => {
  expect(rivals('find', 'Control+k', {})).toEqual(['palette'])
  expect(rivals('palette', 'Home', {})).toEqual(['firstRow'])
  expect(rivals('find', 'ArrowUp', {})).toEqual([])
})

test('what types or moves in a text is told from what does not', () => {
  expect(['?', '/', 'ArrowUp', 'Home', 'Shift+Enter'].map(isSingle)).toEqual(Array(5).fill(true))
  expect(['Control+k', 'Alt+Enter', 'Escape', 'F2'].map(isSingle)).toEqual(Array(4).fill(false))
})

test('chords are written as on the keys', () => {
  expect(labels('Control+Shift+o', false)).toEqual(['Ctrl', 'Shift', 'O'])
  expect(labels('Control+Shift+o', true)).toEqual(['⌘', '⇧', 'O'])
  expect(labels('Control++', false)).toEqual(['Ctrl', '+'])
  expect(labels('Alt+ArrowUp', false)).toEqual(['Alt', '↑'])
})
