import { Contrast, type LucideIcon, Monitor, Moon, Sun } from 'lucide-react'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import type { Interface } from '../../shared/theme/interface'
import { useInterface } from '../../shared/theme/use-interface'
import { Menu, MenuChoice } from '../../shared/ui/menu'

export const THEMES: { value: Interface['theme']; name: MessageKey; icon: LucideIcon }[] = [
  { value: 'light', name: 'app.themeLight', icon: Sun },
  { value: 'dark', name: 'app.themeDark', icon: Moon },
  { value: 'contrast', name: 'app.themeContrast', icon: Contrast },
  { value: 'system', name: 'app.themeSystem', icon: Monitor },
]

export function ThemeMenu() {
  const t = useText()
  const [{ theme }, change] = useInterface()
  const Icon = THEMES.find(({ value }) => value === theme)?.icon ?? Monitor
  return (
    <Menu
      side="top"
      trigger={
        <button
          type="button"
          className="flex min-h-9 items-center gap-2 rounded-control px-2 text-soft hover:text-ink pointer-coarse:min-h-11"
        >
          <Icon size={18} aria-hidden />
          {t('app.theme')}
        </button>
      }
    >
      <MenuChoice
        label={t('app.theme')}
        value={theme}
        options={THEMES.map(({ value, name }) => ({ value, name: t(name) }))}
        onChange={(chosen) => {
          const option = THEMES.find(({ value }) => value === chosen)
          if (option) change({ theme: option.value })
        }}
      />
    </Menu>
  )
}
