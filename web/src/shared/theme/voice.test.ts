import { expect, test } from 'vitest'
import { voiceHue } from './voice'

test('a character keeps its colour, and different ones mostly differ', () => {
  const names = ['Wren', 'Pip', 'Captain Marrow']

  expect(voiceHue('Wren')).toBe(voiceHue('Wren'))
  expect(new Set(names.map(voiceHue)).size).toBe(3)
})
