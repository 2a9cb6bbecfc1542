import type { LucideIcon } from 'lucide-react'
import { cloneElement, type MouseEventHandler, type ReactElement, type ReactNode, useEffect, useState } from 'react'
import { later } from '../lib/later'

export interface MenuProps {
  /** A button. */
  trigger: ReactElement<{ onClick?: MouseEventHandler; 'aria-haspopup'?: 'menu' }>
  children: ReactNode
  align?: 'start' | 'end'
  side?: 'top' | 'bottom'
  /** Where the focus goes when the menu closes; by default back to the trigger. */
  onCloseAutoFocus?: (event: Event) => void
}

export interface MenuItemProps {
  icon?: LucideIcon
  danger?: boolean
  disabled?: boolean
  onSelect: () => void
  children: ReactNode
}

export interface MenuChoiceProps {
  label: string
  value: string
  options: { value: string; name: string; note?: string }[]
  onChange: (value: string) => void
}

/** Placing, dismissing and moving the focus weigh 20 KiB compressed: they come after the first paint, once for all menus. */
const layer = later(() => import('./menu-layer'))

/** Load what menus are drawn with. Until then a press on a trigger is kept, and opens the menu when it can. */
export const loadMenus = layer.load

/** A menu that opens from `trigger`. It never locks the page behind it. */
export function Menu(props: MenuProps) {
  const loaded = layer.useModule()
  const [pressed, setPressed] = useState(false)
  useEffect(() => void loadMenus(), [])
  if (loaded) return <loaded.Menu {...props} defaultOpen={pressed} />
  return cloneElement(props.trigger, {
    'aria-haspopup': 'menu',
    onClick: () => {
      setPressed(true)
      void loadMenus()
    },
  })
}

export function MenuItem(props: MenuItemProps) {
  const loaded = layer.useModule()
  return loaded && <loaded.MenuItem {...props} />
}

/** One of several; the chosen one carries the mark. */
export function MenuChoice(props: MenuChoiceProps) {
  const loaded = layer.useModule()
  return loaded && <loaded.MenuChoice {...props} />
}

export function MenuLine() {
  const loaded = layer.useModule()
  return loaded && <loaded.MenuLine />
}
