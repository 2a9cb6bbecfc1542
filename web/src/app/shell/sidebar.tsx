import {
  Activity,
  BookUser,
  ChartColumn,
  Cpu,
  History,
  type LucideIcon,
  PanelLeftClose,
  Plus,
  ScrollText,
  Settings2,
  Trash2,
  UserRound,
} from 'lucide-react'
import { lazy, Suspense } from 'react'
import { Link, NavLink } from 'react-router'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { Region } from '../../shared/ui/boundary'
import { buttonClass, IconButton } from '../../shared/ui/button'
import { ThemeMenu } from './theme-menu'

/** Comes beside the first page, which is not to wait for it. */
const SessionsList = lazy(async () => ({
  default: (await import('../../features/sessions/sessions-list')).SessionsList,
}))

export const PAGES: { to: string; name: MessageKey; icon: LucideIcon }[] = [
  { to: '/gallery', name: 'app.characters', icon: BookUser },
  { to: '/history', name: 'app.history', icon: History },
  { to: '/profiles', name: 'app.profiles', icon: UserRound },
  { to: '/prompts', name: 'app.prompts', icon: ScrollText },
  { to: '/models', name: 'app.models', icon: Cpu },
  { to: '/usage', name: 'app.usage', icon: ChartColumn },
  { to: '/settings', name: 'app.settings', icon: Settings2 },
  { to: '/trash', name: 'app.trash', icon: Trash2 },
  { to: '/health', name: 'app.health', icon: Activity },
]

export function Sidebar({ onHide }: { onHide: () => void }) {
  const t = useText()
  return (
    <aside aria-label={t('app.sidebar')} className="flex h-full min-h-0 flex-col border-line border-e bg-sunken">
      <div className="flex items-center justify-between ps-4 pe-2 pt-3 pb-1">
        <Link to="/" className="flex items-center gap-2 font-semibold font-story text-story">
          <Mark />
          Causerie
        </Link>
        <IconButton icon={PanelLeftClose} name={t('app.hideChats')} className="hover:bg-surface" onClick={onHide} />
      </div>
      <Link to="/new" className={buttonClass('plain', 'mx-3 my-2 justify-start! py-2 font-semibold')}>
        <Plus size={18} aria-hidden />
        {t('app.newChat')}
      </Link>
      <nav aria-label={t('app.chats')} className="min-h-0 flex-1">
        <Region name={t('app.chats')}>
          <Suspense>
            <SessionsList />
          </Suspense>
        </Region>
      </nav>
      <nav
        aria-label={t('app.pages')}
        className="grid grid-cols-2 border-line border-t p-2 pb-[max(0.5rem,env(safe-area-inset-bottom))] text-small"
      >
        {PAGES.map(({ to, name, icon: Icon }) => (
          <NavLink
            key={to}
            to={to}
            className={({ isActive }) =>
              cx(
                'flex min-h-9 items-center gap-2 rounded-control px-2 text-soft hover:text-ink pointer-coarse:min-h-11',
                isActive &&
                  'bg-surface text-ink not-focus-visible:outline-1 not-focus-visible:outline-line not-focus-visible:-outline-offset-1',
              )
            }
          >
            <Icon size={18} aria-hidden />
            {t(name)}
          </NavLink>
        ))}
        <ThemeMenu />
      </nav>
    </aside>
  )
}

function Mark() {
  return (
    <svg
      viewBox="0 0 24 24"
      aria-hidden="true"
      className="size-[18px] fill-none stroke-[1.75] stroke-current [stroke-linecap:round] [stroke-linejoin:round]"
    >
      <path d="M4 5h11a4 4 0 0 1 0 8H9l-4 4v-4H4z" />
      <path d="M13 17h2l4 3v-3h1V9" />
    </svg>
  )
}
