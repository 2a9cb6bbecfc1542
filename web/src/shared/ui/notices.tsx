/** What `toaster.tsx` draws with once it is loaded. */

import { X } from 'lucide-react'
import { Toast } from 'radix-ui'
import { isEditable } from '../a11y/keymap'
import { useCommand } from '../a11y/use-command'
import { useText } from '../i18n/text'
import { Button, IconButton } from './button'
import type { Notice } from './toaster'

/** An undo stands this long; what is deleted lies in the trash after that. */
const UNDO_MS = 10_000
const NOTE_MS = 4_000

interface NoticesProps {
  notices: readonly Notice[]
  onClose: (notice: Notice) => void
}

export function Notices({ notices, onClose }: NoticesProps) {
  const t = useText()
  useCommand('undo', ({ target }) => {
    const last = notices.findLast(({ undo }) => undo)
    // What was typed is undone by the browser.
    if (!last || (target instanceof HTMLTextAreaElement ? target.value !== '' : isEditable(target))) return false
    last.undo?.()
    onClose(last)
  })
  return (
    <Toast.Provider label={t('shared.notice')} swipeDirection="up">
      {notices.map((notice) => (
        <Toast.Root
          key={notice.id}
          type={notice.alert ? 'foreground' : 'background'}
          duration={notice.undo ? UNDO_MS : NOTE_MS}
          onOpenChange={(open) => open || onClose(notice)}
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
        className="fixed top-[4.75rem] inset-x-4 z-50 ms-auto grid max-h-[calc(100dvh-5.75rem)] max-w-sm gap-2 outline-none has-[>:nth-child(5)]:overflow-y-auto"
      />
    </Toast.Provider>
  )
}
