import { expect, test } from 'vitest'
import { dayGroup, daysAgo } from './time'

const now = new Date(2026, 10, 21, 0, 30)

test('days are counted by the calendar', () => {
  expect(daysAgo(new Date(2026, 10, 20, 23, 50), now)).toBe(1)
  expect(daysAgo(new Date(2026, 10, 21, 0, 1), now)).toBe(0)
})

test.each([
  [new Date(2026, 10, 21, 0, 10), 'Today'],
  [new Date(2026, 10, 21, 5, 0), 'Today'],
  [new Date(2026, 10, 20, 1, 0), 'Yesterday'],
  [new Date(2026, 10, 15, 9, 0), 'Last week'],
  [new Date(2026, 9, 30, 9, 0), 'Last month'],
])('%s stands under %s', (date, heading) => {
  expect(dayGroup(date, now)).toBe(heading)
})

test('older days stand under their month', () => {
  expect(dayGroup(new Date(2025, 2, 3), now)).toContain('2025')
})
