import { useText } from '../../shared/i18n/text'
import { THEME_ICONS, THEME_NAMES, THEMES } from '../../shared/theme/themes'
import { useInterface } from '../../shared/theme/use-interface'
import { IconButton } from '../../shared/ui/button'
import { Menu, MenuChoice } from '../../shared/ui/menu'

export function ThemeMenu() {
  const t = useText()
  const [{ theme }, change] = useInterface()
  return (
    <Menu
      align="end"
      trigger={<IconButton icon={THEME_ICONS[theme]} name={t('app.theme')} className="hover:bg-surface" />}
    >
      <MenuChoice
        label={t('app.theme')}
        value={theme}
        options={THEMES.map((value) => ({ value, name: t(THEME_NAMES[value]) }))}
        onChange={(chosen) => {
          const theme = THEMES.find((value) => value === chosen)
          if (theme) change({ theme })
        }}
      />
    </Menu>
  )
}
