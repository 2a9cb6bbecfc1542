import { expect, test } from 'vitest'
import { readWorldTime } from './world-time'

test.each([
  ['1811-10-21', 'Monday, October 21, 1811'],
  ['1811-10-21T18:30', 'Monday, October 21, 1811 at 6:30 PM'],
  [' 2026-02-28 07:05:59Z ', 'Saturday, February 28, 2026 at 7:05 AM'],
  ['0043-05-01', 'Friday, May 1, 43'],
])('%s sets the clock of the story', (text, read) => {
  expect(readWorldTime(text)?.replaceAll('\u202f', ' ')).toBe(read)
})

test.each(['1811-13-01', '1811-02-30', '1811-10-21T25:00', '1811-10', '1811-10-21 in the evening'])(
  '%s begins as a date and is none',
  (text) => {
    expect(readWorldTime(text)).toBe('wrong')
  },
)

test.each(['', 'the morning after the storm', '3 days later', '21 October 1811'])('%j is words', (text) => {
  expect(readWorldTime(text)).toBeNull()
})
