import { X } from 'lucide-react'
import { Toast } from 'radix-ui'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import { useText } from '../i18n/text'
import { Button, IconButton } from './button'

/** An undo stands this long; what is deleted lies in the trash after that. */
const UNDO_MS = 10_000
const NOTE_MS = 4_000

interface Notice {
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

const NotifyContext = createContext<Notify | null>(null)

export function useNotify(): Notify {
  const notify = useContext(NotifyContext)
  if (!notify) throw new Error('useNotify needs a Toaster above it')
  return notify
}

export function Toaster({ children }: { children: ReactNode }) {
  const t = useText()
  const [notices, setNotices] = useState<Notice[]>([])
  const add = useCallback((notice: Omit<Notice, 'id'>) => {
    setNotices((all) => [...all.slice(-2), { ...notice, id: (all.at(-1)?.id ?? 0) + 1 }])
  }, [])
  const notify = useMemo<Notify>(
    () => ({
      say: (text, undo) => add({ text, undo, alert: false }),
      alert: (text) => add({ text, alert: true }),
    }),
    [add],
  )
  const remove = (id: number) => setNotices((all) => all.filter((notice) => notice.id !== id))

  return (
    <NotifyContext value={notify}>
      <Toast.Provider label={t('shared.notice')} swipeDirection="up">
        {children}
        {notices.map((notice) => (
          <Toast.Root
            key={notice.id}
            type={notice.alert ? 'foreground' : 'background'}
            duration={notice.undo ? UNDO_MS : NOTE_MS}
            onOpenChange={(open) => open || remove(notice.id)}
            className="flex animate-layer items-center gap-3 rounded-card border border-line bg-surface py-2 ps-4 pe-2 shadow-float"
          >
            <Toast.Description className="min-w-0 flex-1 break-words">{notice.text}</Toast.Description>
            {notice.undo && (
              <Toast.Action asChild altText={t('shared.undoElsewhere')}>
                <Button onClick={notice.undo}>{t('shared.undo')}</Button>
              </Toast.Action>
            )}
            <Toast.Close asChild>
              <IconButton icon={X} name={t('shared.closeNotice')} />
            </Toast.Close>
          </Toast.Root>
        ))}
        <Toast.Viewport
          label={t('shared.notices', { hotkey: '{hotkey}' })}
          className="fixed top-[4.75rem] inset-x-4 z-50 ms-auto grid max-w-sm gap-2 outline-none"
        />
      </Toast.Provider>
    </NotifyContext>
  )
}
