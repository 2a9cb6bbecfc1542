import { describe, expect, it } from 'vitest'
import { countCodePoints, indexAfter, indexBefore } from './code-points'

const TEXTS = ['', 'tea', '🐋🫖', 'a🐋b', 'cafe\u0301', '👩\u200d🚀!', '\ud83d alone', 'alone \ude00', '\ude00\ud83d']

describe('code points', () => {
  it.each(TEXTS)('are counted and found from both ends of %j', (text) => {
    const points = Array.from(text)
    expect(countCodePoints(text)).toBe(points.length)
    for (let n = 0; n <= points.length; n++) {
      expect(indexAfter(text, n)).toBe(points.slice(0, n).join('').length)
      expect(indexBefore(text, n)).toBe(points.slice(0, points.length - n).join('').length)
    }
  })

  it('end with the text', () => {
    expect(indexAfter('🐋', 9)).toBe(2)
    expect(indexBefore('🐋', 9)).toBe(0)
  })
})
