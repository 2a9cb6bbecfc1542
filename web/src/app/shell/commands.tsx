import { Keyboard, PanelLeft, Plus, UserPlus } from 'lucide-react'
import { useNavigate } from 'react-router'
import { Palette, type PaletteCommand } from '../../features/search/palette'
import { useText } from '../../shared/i18n/text'
import { THEME_ICONS, THEME_NAMES, THEMES } from '../../shared/theme/themes'
import { useInterface } from '../../shared/theme/use-interface'
import { PAGES } from './sidebar'

interface ShellPaletteProps {
  toggleSidebar: () => void
  showKeys: () => void
  onClose: () => void
}

/** The palette with all that can be done from anywhere. */
export function ShellPalette({ toggleSidebar, showKeys, onClose }: ShellPaletteProps) {
  const t = useText()
  const navigate = useNavigate()
  const [, change] = useInterface()
  const commands: PaletteCommand[] = [
    { id: 'new', name: t('keys.newChat'), icon: Plus, key: 'newChat', act: () => navigate('/new') },
    { id: 'character', name: t('app.newCharacter'), icon: UserPlus, act: () => navigate('/characters/new') },
    { id: 'sidebar', name: t('keys.sidebar'), icon: PanelLeft, key: 'sidebar', act: toggleSidebar },
    { id: 'keys', name: t('keys.keys'), icon: Keyboard, key: 'keys', act: showKeys },
    ...PAGES.map(({ to, name, icon }) => ({
      id: to,
      name: t('app.goTo', { page: t(name) }),
      icon,
      act: () => navigate(to),
    })),
    ...THEMES.map((theme) => ({
      id: theme,
      name: t('app.themeChoice', { theme: t(THEME_NAMES[theme]) }),
      icon: THEME_ICONS[theme],
      act: () => change({ theme }),
    })),
  ]
  return <Palette commands={commands} onClose={onClose} />
}
