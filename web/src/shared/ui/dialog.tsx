import { AlertDialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { Button } from './button'

interface AskProps {
  open: boolean
  title: string
  children: ReactNode
  /** The word on the button that goes through with it. */
  confirm: string
  cancel: string
  onConfirm: () => void
  onCancel: () => void
}

/** A question that must be answered first. For what cannot be undone only: everything else is done and undoable. */
export function Ask({ open, title, children, confirm, cancel, onConfirm, onCancel }: AskProps) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(stays) => stays || onCancel()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 animate-fade bg-ink/25" />
        <AlertDialog.Content className="fixed inset-x-4 top-1/3 z-50 mx-auto grid max-w-[28rem] animate-layer gap-3 rounded-card border border-line bg-surface p-5 shadow-float">
          <AlertDialog.Title className="font-semibold font-story text-title">{title}</AlertDialog.Title>
          <AlertDialog.Description className="text-soft">{children}</AlertDialog.Description>
          <div className="mt-2 flex flex-wrap justify-end gap-2">
            <Button look="quiet" onClick={onConfirm}>
              {confirm}
            </Button>
            <AlertDialog.Cancel asChild>
              <Button look="primary">{cancel}</Button>
            </AlertDialog.Cancel>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
