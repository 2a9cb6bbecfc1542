import { Dialog } from 'radix-ui'
import type { ComponentProps } from 'react'
import { cx } from '../lib/class-names'

interface LayerProps extends ComponentProps<typeof Dialog.Content> {
  onClose: () => void
}

/** A dialog above the page, until Esc, a press beside it or `Dialog.Close` closes it; `className` says where it lies. */
export function Layer({ onClose, className, ...content }: LayerProps) {
  return (
    <Dialog.Root open onOpenChange={(stays) => stays || onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-fade bg-ink/25" />
        <Dialog.Content
          className={cx('fixed z-50 mx-auto rounded-card border border-line bg-surface shadow-float', className)}
          {...content}
        />
      </Dialog.Portal>
    </Dialog.Root>
  )
}
