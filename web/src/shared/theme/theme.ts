import { useSyncExternalStore } from 'react'
import { onRemembered, recall, remember } from '../lib/storage'

export type Theme = 'light' | 'dark' | 'system'

const listeners = new Set<() => void>()
const systemIsDark = matchMedia('(prefers-color-scheme: dark)')

/** The reader's choice; `public/theme.js` reads the same entry before the first paint. */
export function chosenTheme(): Theme {
  const stored = recall('theme')
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

export function chooseTheme(theme: Theme): void {
  remember('theme', theme === 'system' ? null : theme)
  apply()
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, chosenTheme)
}

function apply(): void {
  const theme = chosenTheme()
  document.documentElement.dataset.theme =
    theme === 'dark' || (theme === 'system' && systemIsDark.matches) ? 'dark' : 'light'
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

systemIsDark.addEventListener('change', apply)
onRemembered('theme', apply)
