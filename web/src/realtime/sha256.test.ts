import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sha256 } from './sha256'

describe('sha256', () => {
  it('agrees with another implementation at every length around a block border', () => {
    for (let length = 0; length <= 200; length++) {
      const text = 'Evening, traveller! 🐋é'.repeat(12).slice(0, length)
      expect(sha256(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'))
    }
  })

  it('agrees for the longest message', () => {
    const text = '🫖'.repeat(32_768)
    expect(sha256(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'))
  })
})
