import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import { later } from '../lib/later'

/** Layers that come and go weigh 13 KiB compressed: they come after the first paint. Until then notices wait. */
const layer = later(() => import('./notices'))
export const loadNotices = layer.load

export interface Notice {
  id: number
  text: string
  undo?: (() => void) | undefined
  alert: boolean
}

interface Notify {
  /** Say something short. With `undo` it stays for ten seconds and offers to take the deed back. */
  say(text: string, undo?: () => void): void
  /** Say that something went wrong, once, also to a screen reader at once. */
  alert(text: string): void
}

/** So many notices stand at once; those that offer a way back stay before others. */
const MOST_NOTICES = 3
const MOST_WAYS_BACK = 20

const NotifyContext = createContext<Notify | null>(null)

export function useNotify(): Notify {
  const notify = useContext(NotifyContext)
  if (!notify) throw new Error('useNotify needs a Toaster above it')
  return notify
}

export function Toaster({ children }: { children: ReactNode }) {
  const loaded = layer.useModule()
  const [notices, setNotices] = useState<Notice[]>([])
  const add = useCallback((notice: Omit<Notice, 'id'>) => {
    setNotices((all) => withRoom([...all, { ...notice, id: (all.at(-1)?.id ?? 0) + 1 }]))
  }, [])
  const notify = useMemo<Notify>(
    () => ({
      say: (text, undo) => add({ text, undo, alert: false }),
      alert: (text) => add({ text, alert: true }),
    }),
    [add],
  )
  // With each notice again, should it not have been there for the first.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each notice is another attempt
  useEffect(() => void loadNotices(), [notices])

  return (
    <NotifyContext value={notify}>
      {children}
      {loaded && (
        <loaded.Notices
          notices={notices}
          onClose={({ id }) => setNotices((all) => all.filter((notice) => notice.id !== id))}
        />
      )}
    </NotifyContext>
  )
}

/** The notices that stay: for one too many the oldest goes that takes no way back with it. */
function withRoom(notices: readonly Notice[]): Notice[] {
  const before = notices.slice(0, -1)
  const dropped = notices.length > MOST_NOTICES ? before.find(({ undo }) => !undo) : undefined
  return notices.filter((notice) => notice !== dropped).slice(-MOST_WAYS_BACK)
}
