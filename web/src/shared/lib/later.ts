import { useSyncExternalStore } from 'react'

export interface Later<Module> {
  /** Load it, once for all; whether it came. What cannot be loaded is tried again by the next call. */
  load: () => Promise<boolean>
  /** The module; null until it is loaded. */
  useModule: () => Module | null
}

/** A module that the first paint does not wait for, and that is no longer waited for once it is here. */
export function later<Module>(importing: () => Promise<Module>): Later<Module> {
  const listeners = new Set<() => void>()
  let module: Module | null = null
  let loading: Promise<boolean> | null = null

  function load() {
    loading ??= importing().then(
      (loaded) => {
        module = loaded
        for (const listener of listeners) listener()
        return true
      },
      (error: unknown) => {
        console.warn('A part of the page could not be loaded', error)
        loading = null
        return false
      },
    )
    return loading
  }

  function subscribe(listener: () => void) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  return { load, useModule: () => useSyncExternalStore(subscribe, () => module) }
}
