import type { CSSProperties } from 'react'

/** Hues (oklch degrees) that stay apart from each other and from the accent's green. */
const HUES = [48, 250, 125, 315, 20, 85, 280, 350, 225, 65]

/** A character's own hue: the same for one name everywhere, lightness and chroma are the theme's. */
export function voiceHue(name: string): number {
  let hash = 2166136261
  for (const point of name) hash = Math.imul(hash ^ (point.codePointAt(0) ?? 0), 16777619)
  return HUES[(hash >>> 0) % HUES.length] ?? 48
}

export function voiceStyle(name: string): CSSProperties {
  return { '--voice-hue': voiceHue(name) } as CSSProperties
}
