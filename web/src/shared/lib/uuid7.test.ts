import { expect, test } from 'vitest'
import { uuid7 } from './uuid7'

test('an id is a version 7 UUID that begins with its milliseconds', () => {
  const id = uuid7(Date.UTC(2040, 0, 1))

  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.UTC(2040, 0, 1))
})

test('ids of one millisecond, and of a clock that went back, keep their order', () => {
  const ids = [uuid7(), uuid7(), uuid7(0), uuid7()]

  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(4)
})
