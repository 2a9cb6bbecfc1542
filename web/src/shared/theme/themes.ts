/** The colours that the reader can choose, in the order in which they are offered. */

import { Contrast, type LucideIcon, Monitor, Moon, Sun } from 'lucide-react'
import type { MessageKey } from '../i18n/keys'
import type { Interface } from './interface'

type Theme = Interface['theme']

export const THEME_NAMES: Record<Theme, MessageKey> = {
  system: 'shared.themeSystem',
  light: 'shared.themeLight',
  dark: 'shared.themeDark',
  contrast: 'shared.themeContrast',
}
export const THEME_ICONS: Record<Theme, LucideIcon> = { system: Monitor, light: Sun, dark: Moon, contrast: Contrast }
export const THEMES = Object.keys(THEME_NAMES) as Theme[]
