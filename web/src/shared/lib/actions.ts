/** What the reader does, by the program's own name for it: never what it is done to, nor what is written. */

type Listener = (name: string) => void

const listeners = new Set<Listener>()

/** Tell that the reader did something of this name. */
export function tellAction(name: string): void {
  for (const listener of listeners) listener(name)
}

export function onAction(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The same deeds, each of which tells its name: `message.fork` for the deed `fork` of a `message`. */
export function told<Deeds extends { [Name in keyof Deeds]: (...given: never[]) => unknown }>(
  of: string,
  deeds: Deeds,
): Deeds {
  const entries: [string, (...given: unknown[]) => unknown][] = Object.entries(deeds as object)
  const telling = entries.map(([name, deed]) => [
    name,
    (...given: unknown[]) => {
      tellAction(`${of}.${name}`)
      return deed(...given)
    },
  ])
  return Object.fromEntries(telling)
}
