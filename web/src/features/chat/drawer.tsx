import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { type ReactNode, useEffect, useRef } from 'react'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { useMedia } from '../../shared/lib/use-media'
import { IconButton } from '../../shared/ui/button'

interface DrawerProps {
  title: string
  /** What opened it: the focus goes back there. */
  from: HTMLElement | null
  onClose: () => void
  children: ReactNode
}

/** Beside the chat where there is room, so that both can be used; over it else, and all of a telephone. */
export function Drawer({ title, from, onClose, children }: DrawerProps) {
  const t = useText()
  const beside = useMedia('(min-width: 1024px)')
  const heading = useRef<HTMLHeadingElement>(null)

  useEffect(() => {
    // Another drawer that this one replaces gives the focus back first.
    const timer = setTimeout(() => heading.current?.focus())
    return () => clearTimeout(timer)
  }, [])

  const drawer = (
    <Dialog.Content
      aria-describedby={undefined}
      className={cx(
        'flex flex-col border-line border-s bg-surface outline-none',
        beside
          ? 'h-full w-[22rem] shrink-0'
          : 'fixed inset-y-0 end-0 z-30 w-full animate-layer shadow-float sm:w-[24rem]',
      )}
      onOpenAutoFocus={(event) => event.preventDefault()}
      onCloseAutoFocus={(event) => {
        event.preventDefault()
        from?.focus()
      }}
      onInteractOutside={(event) => beside && event.preventDefault()}
    >
      <header className="flex min-h-16 items-center gap-2 border-line border-b py-2.5 ps-5 pe-3">
        <Dialog.Title
          ref={heading}
          tabIndex={-1}
          className="min-w-0 flex-1 font-semibold font-story text-story outline-none"
        >
          {title}
        </Dialog.Title>
        <Dialog.Close asChild>
          <IconButton icon={X} name={t('chat.close')} />
        </Dialog.Close>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-5 pb-8">{children}</div>
    </Dialog.Content>
  )
  return (
    <Dialog.Root open modal={!beside} onOpenChange={(stays) => stays || onClose()}>
      {beside ? (
        drawer
      ) : (
        <Dialog.Portal>
          <Dialog.Overlay className="fixed inset-0 z-30 animate-fade bg-ink/25" />
          {drawer}
        </Dialog.Portal>
      )}
    </Dialog.Root>
  )
}
