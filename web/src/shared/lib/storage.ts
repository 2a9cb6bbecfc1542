/** Small facts kept by the browser: the last chat, the theme. They are conveniences; losing one loses no chat. */

const PREFIX = 'causerie.'

/** What is stored under `name`, or null when nothing readable is there (a browser may refuse storage altogether). */
export function recall(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? 'null')
  } catch {
    return null
  }
}

/** Keep `value` under `name`; null forgets it. A full or closed storage keeps nothing, which `recall` then tells. */
export function remember(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name)
    else localStorage.setItem(PREFIX + name, JSON.stringify(value))
  } catch {
    // The browser's quota or privacy mode decides; the page works without.
  }
}

/** The names that begin with `beginning` and have something stored, in alphabetical order. */
export function remembered(beginning: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX + beginning))
      .map((key) => key.slice(PREFIX.length))
      .toSorted()
  } catch {
    return []
  }
}

/** Call `listener` when another tab changes `name`. */
export function onRemembered(name: string, listener: () => void): () => void {
  const heard = (event: StorageEvent) => {
    if (event.key === PREFIX + name) listener()
  }
  addEventListener('storage', heard)
  return () => removeEventListener('storage', heard)
}
