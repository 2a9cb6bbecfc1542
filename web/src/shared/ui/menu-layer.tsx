/** What `menu.tsx` draws with once it is loaded. */

import { DropdownMenu } from 'radix-ui'
import { cx } from '../lib/class-names'
import type { MenuChoiceProps, MenuItemProps, MenuProps } from './menu'

interface LayerProps extends MenuProps {
  defaultOpen: boolean
}

export function Menu({
  trigger,
  children,
  defaultOpen,
  align = 'start',
  side = 'bottom',
  onCloseAutoFocus,
}: LayerProps) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen={defaultOpen}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
          {...(onCloseAutoFocus && { onCloseAutoFocus })}
          className="z-40 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 max-w-80 animate-layer overflow-y-auto rounded-card border border-line bg-surface p-1 shadow-float"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

const ITEM =
  'flex min-h-9 cursor-pointer select-none items-center gap-2.5 rounded-control px-2.5 py-1.5 outline-none data-[disabled]:cursor-default data-[highlighted]:bg-sunken data-[disabled]:text-faint pointer-coarse:min-h-11'

export function MenuItem({ icon: Icon, danger = false, disabled = false, onSelect, children }: MenuItemProps) {
  return (
    <DropdownMenu.Item disabled={disabled} onSelect={onSelect} className={cx(ITEM, danger && 'text-danger')}>
      {Icon && <Icon size={18} aria-hidden className={danger ? undefined : 'text-soft'} />}
      {children}
    </DropdownMenu.Item>
  )
}

export function MenuChoice({ label, value, options, onChange }: MenuChoiceProps) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={onChange} aria-label={label}>
      <DropdownMenu.Label className="px-2.5 pt-1.5 pb-1 text-small text-soft">{label}</DropdownMenu.Label>
      {options.map((option) => (
        <DropdownMenu.RadioItem key={option.value} value={option.value} className={ITEM}>
          <span aria-hidden className="grid w-4 place-items-center">
            <DropdownMenu.ItemIndicator className="size-2 rounded-full bg-accent" />
          </span>
          <span className="min-w-0">
            <span className="block truncate">{option.name}</span>
            {option.note && <span className="block truncate text-small text-soft">{option.note}</span>}
          </span>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  )
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />
}
