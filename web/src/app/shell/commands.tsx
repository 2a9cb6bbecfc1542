import { Keyboard, PanelLeft, Plus, UserPlus } from 'lucide-react'
import { useNavigate } from 'react-router'
import { Palette, type PaletteCommand } from '../../features/search/palette'
import { useText } from '../../shared/i18n/text'
import { useInterface } from '../../shared/theme/use-interface'
import { PAGES } from './sidebar'
import { THEMES } from './theme-menu'

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
    ...THEMES.map(({ value, name, icon }) => ({
      id: value,
      name: t('app.themeChoice', { theme: t(name) }),
      icon,
      act: () => change({ theme: value }),
    })),
  ]
  return <Palette commands={commands} onClose={onClose} />
}
