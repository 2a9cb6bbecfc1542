/** Positions in text count code points, as the server's do; these turn them into JavaScript's UTF-16 indices. */

export function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** Return the UTF-16 index after the first `points` code points of `text`, or its end. */
export function indexAfter(text: string, points: number): number {
  let index = 0
  for (let left = points; left > 0 && index < text.length; left--) index += isPair(text, index) ? 2 : 1
  return index
}

/** Return the UTF-16 index before the last `points` code points of `text`, or its start; costs `points` steps. */
export function indexBefore(text: string, points: number): number {
  let index = text.length
  for (let left = points; left > 0 && index > 0; left--) index -= index > 1 && isPair(text, index - 2) ? 2 : 1
  return index
}

function isPair(text: string, index: number): boolean {
  return (text.codePointAt(index) ?? 0) > 0xffff
}
