import { Contrast, type LucideIcon, Monitor, Moon, Sun } from 'lucide-react'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import type { Interface } from '../../shared/theme/interface'
import { useInterface } from '../../shared/theme/use-interface'
import { IconButton } from '../../shared/ui/button'
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
    <Menu align="end" trigger={<IconButton icon={Icon} name={t('app.theme')} className="hover:bg-surface" />}>
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
