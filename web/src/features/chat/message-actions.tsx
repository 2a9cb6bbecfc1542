import { Copy, CornerDownRight, Ellipsis, Pencil, RefreshCw, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { Button, IconButton } from '../../shared/ui/button'
import { Menu, MenuItem, MenuLine } from '../../shared/ui/menu'

export interface RowActions {
  copy: () => void
  edit: () => void
  remove: (subtree: boolean) => void
  /** Ask for another version of a reply. */
  again?: (() => void) | undefined
  /** Go on where a reply ended. */
  goOn?: (() => void) | undefined
}

interface MessageActionsProps {
  actions: RowActions
  /** How many messages stand below this one. */
  following: number
  /** Shown at all times, not only under the pointer or the focus. */
  always: boolean
  swipes?: ReactNode
  className?: string
}

/** What can be done with a message: quiet until the reader is there. Under a finger, all of it is in the menu. */
export function MessageActions({ actions, following, always, swipes, className }: MessageActionsProps) {
  const t = useText()
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
      <Action icon={Copy} name={t('chat.copy')} onClick={actions.copy} />
      <Action icon={Pencil} name={t('chat.edit')} onClick={actions.edit} />
      {actions.again && <Action icon={RefreshCw} name={t('chat.again')} onClick={actions.again} />}
      <Menu trigger={<IconButton icon={Ellipsis} name={t('chat.more')} />}>
        <MenuItem icon={Copy} onSelect={actions.copy}>
          {t('chat.copy')}
        </MenuItem>
        <MenuItem icon={Pencil} onSelect={actions.edit}>
          {t('chat.edit')}
        </MenuItem>
        {actions.again && (
          <MenuItem icon={RefreshCw} onSelect={actions.again}>
            {t('chat.again')}
          </MenuItem>
        )}
        {actions.goOn && (
          <MenuItem icon={CornerDownRight} onSelect={actions.goOn}>
            {t('chat.continue')}
          </MenuItem>
        )}
        <MenuLine />
        <MenuItem icon={Trash2} danger onSelect={() => actions.remove(false)}>
          {t('chat.delete')}
        </MenuItem>
        {following > 0 && (
          <MenuItem icon={Trash2} danger onSelect={() => actions.remove(true)}>
            {t('chat.deleteAll', { n: following + 1 })}
          </MenuItem>
        )}
      </Menu>
    </div>
  )
}

function Action({ icon: Icon, name, onClick }: { icon: typeof Copy; name: string; onClick: () => void }) {
  return (
    <Button
      look="quiet"
      className="min-h-8 gap-1.5 px-2 py-1 pointer-coarse:hidden"
      aria-label={name}
      onClick={onClick}
    >
      <Icon size={18} aria-hidden />
      <span className="max-sm:hidden">{name}</span>
    </Button>
  )
}
