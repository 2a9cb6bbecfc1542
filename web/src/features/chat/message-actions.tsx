import { Copy, Ellipsis, Pencil, RefreshCw } from 'lucide-react'
import { type MouseEvent, type ReactNode, useEffect, useRef } from 'react'
import type { Message } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { later } from '../../shared/lib/later'
import { Button, IconButton } from '../../shared/ui/button'
import { Menu } from '../../shared/ui/menu'
import type { RowDeeds } from './row-deeds'

const menu = later(() => import('./row-menu'))
/** Load what the menus of rows hold, which the first paint does not show. */
export const loadRowMenus = menu.load

interface MessageActionsProps {
  message: Message
  deeds: RowDeeds
  /** How many messages stand below this one. */
  following: number
  /** Shown at all times, not only under the pointer or the focus. */
  always: boolean
  swipes?: ReactNode
  /** What stands after the actions. */
  children?: ReactNode
  className?: string
}

/** What can be done with a message: quiet until the reader is there. Under a finger, all of it is in the menu. */
export function MessageActions({
  message,
  deeds,
  following,
  always,
  swipes,
  children,
  className,
}: MessageActionsProps) {
  const t = useText()
  const more = useRef<HTMLButtonElement>(null)
  const left = useRef(false)
  const loaded = menu.useModule()
  useEffect(() => void loadRowMenus(), [])
  const answers = message.role === 'assistant' && message.parent_id !== null
  return (
    <div
      className={cx(
        'flex flex-wrap items-center text-small text-soft transition-opacity',
        !always &&
          'opacity-0 focus-within:opacity-100 group-hover/row:opacity-100 has-data-[state=open]:opacity-100 pointer-coarse:opacity-100',
        className,
      )}
    >
      {swipes}
      <Action
        icon={Copy}
        name={t('chat.copy')}
        hint={t('chat.copyHint')}
        onClick={(event) => deeds.copy(message, event.shiftKey)}
      />
      <Action icon={Pencil} name={t('chat.edit')} onClick={() => deeds.startEdit(message.id)} />
      {answers && <Action icon={RefreshCw} name={t('chat.again')} onClick={() => deeds.swipe(message)} />}
      <Menu
        trigger={<IconButton ref={more} icon={Ellipsis} name={t('chat.more')} />}
        onCloseAutoFocus={(event) => {
          // What was chosen took the focus elsewhere.
          if (left.current) event.preventDefault()
          left.current = false
        }}
      >
        {loaded && (
          <loaded.RowMenu
            message={message}
            deeds={deeds}
            following={following}
            from={more}
            onLeave={() => {
              left.current = true
            }}
          />
        )}
      </Menu>
      {children}
    </div>
  )
}

interface ActionProps {
  icon: typeof Copy
  name: string
  hint?: string
  onClick: (event: MouseEvent) => void
}

function Action({ icon: Icon, name, hint, onClick }: ActionProps) {
  return (
    <Button
      look="quiet"
      className="min-h-8 gap-1.5 px-2 py-1 pointer-coarse:hidden"
      aria-label={name}
      title={hint}
      onClick={onClick}
    >
      <Icon size={18} aria-hidden />
      <span className="max-sm:hidden">{name}</span>
    </Button>
  )
}
