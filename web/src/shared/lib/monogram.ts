const TITLES = new Set([
  'captain',
  'doctor',
  'dr',
  'king',
  'lady',
  'lord',
  'miss',
  'mr',
  'mrs',
  'ms',
  'queen',
  'sir',
  'the',
  'آقای',
  'خانم',
  'دکتر',
  'کاپیتان',
  'ملکه',
])

/** The first letter of the name after its titles: "Captain Marrow" is M, "Mrs. Hale" H, "Tobias Wren" T. */
export function monogram(name: string): string {
  const words = name.trim().split(/\s+/)
  const called = words.find((word) => !TITLES.has(word.toLowerCase()) && !word.endsWith('.')) ?? name
  return (called.match(/[\p{L}\p{N}]\p{M}*/u)?.[0] ?? '·').toUpperCase()
}
