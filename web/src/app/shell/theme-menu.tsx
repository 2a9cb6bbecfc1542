import { Monitor, Moon, Sun } from 'lucide-react'
import { chooseTheme, type Theme, useTheme } from '../../shared/theme/theme'
import { Menu, MenuChoice } from '../../shared/ui/menu'

const ICONS = { light: Sun, dark: Moon, system: Monitor }
const OPTIONS: { value: Theme; name: string }[] = [
  { value: 'light', name: 'Light' },
  { value: 'dark', name: 'Dark' },
  { value: 'system', name: 'As the system' },
]

export function ThemeMenu() {
  const theme = useTheme()
  const Icon = ICONS[theme]
  return (
    <Menu
      side="top"
      trigger={
        <button
          type="button"
          className="flex min-h-9 items-center gap-2 rounded-control px-2 text-soft hover:text-ink pointer-coarse:min-h-11"
        >
          <Icon size={18} aria-hidden />
          Theme
        </button>
      }
    >
      <MenuChoice
        label="Theme"
        value={theme}
        options={OPTIONS}
        onChange={(value) => {
          const option = OPTIONS.find((candidate) => candidate.value === value)
          if (option) chooseTheme(option.value)
        }}
      />
    </Menu>
  )
}
