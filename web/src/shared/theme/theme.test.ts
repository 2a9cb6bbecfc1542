import { expect, test } from 'vitest'
import { chooseTheme, chosenTheme } from './theme'
import { voiceHue } from './voice'

test('a chosen theme holds at once and on the next visit; the system’s needs no entry', () => {
  chooseTheme('dark')
  expect(document.documentElement.dataset.theme).toBe('dark')
  expect(localStorage.getItem('causerie.theme')).toBe('"dark"')

  chooseTheme('system')
  expect(chosenTheme()).toBe('system')
  expect(document.documentElement.dataset.theme).toBe('light')
  expect(localStorage.getItem('causerie.theme')).toBeNull()
})

test('a character keeps its colour, and different ones mostly differ', () => {
  const names = ['Wren', 'Pip', 'Captain Marrow']

  expect(voiceHue('Wren')).toBe(voiceHue('Wren'))
  expect(new Set(names.map(voiceHue)).size).toBe(3)
})
