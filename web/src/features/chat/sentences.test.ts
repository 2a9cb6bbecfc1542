import { expect, test } from 'vitest'
import { newSentences } from './sentences'

/** What is told while `text` grows by `step` characters, and at its end. */
function announced(text: string, step: number): string[] {
  const all: string[] = []
  let told = 0
  for (let end = step; end <= text.length; end += step) {
    const next = newSentences(text.slice(0, end), told, 'sentences')
    told = next.told
    if (next.words) all.push(next.words)
  }
  const rest = newSentences(text, told, 'all').words
  return rest ? [...all, rest] : all
}

test('a growing text is told in whole sentences, each once', () => {
  const text = '*She turns.* “Wait… who are you?” she asks. Nobody answers! The clock stops'

  for (const step of [1, 3, 7]) {
    const told = announced(text, step)
    expect(told.join(' ')).toBe('She turns. “Wait… who are you?” she asks. Nobody answers! The clock stops')
    expect(told.length).toBeLessThanOrEqual(7)
  }
})

test.each([
  ['«کیستی؟» می‌پرسد. کسی پاسخ نمی‌دهد! ساعت ایستاد', ['«کیستی؟»', 'می‌پرسد.', 'کسی پاسخ نمی‌دهد!', 'ساعت ایستاد']],
  ['“你是谁？”她问。没人回答！钟停了', ['“你是谁？”', '她问。', '没人回答！', '钟停了']],
])('the stops of %s are those of its script', (text, sentences) => {
  expect(announced(text, 1)).toEqual(sentences)
})

test('a text without sentences is told in stretches that end between words', () => {
  const text = Array.from({ length: 120 }, (_, n) => `word${n}`).join(' ')

  const told = announced(text, 5)
  expect(told.length).toBeGreaterThan(1)
  expect(told.join(' ')).toBe(text)
})

test('what was waited for too long is told as far as its last whole word', () => {
  expect(newSentences('The lamp is lit and the fog com', 0, 'words')).toEqual({
    words: 'The lamp is lit and the fog',
    told: 28,
  })
  expect(newSentences('Unbroken', 0, 'words')).toEqual({ words: '', told: 0 })
})
