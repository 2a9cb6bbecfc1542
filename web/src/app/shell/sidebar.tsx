import {
  Activity,
  BookUser,
  ChartColumn,
  ChevronUp,
  Cpu,
  History,
  type LucideIcon,
  PanelLeftClose,
  Plus,
  ScrollText,
  Search,
  Settings2,
  Trash2,
  UserRound,
} from 'lucide-react'
import { useId, useState } from 'react'
import { Link, NavLink, useLocation } from 'react-router'
import { Chord } from '../../shared/a11y/chord'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { part } from '../../shared/lib/part'
import { recall, remember } from '../../shared/lib/storage'
import { Region } from '../../shared/ui/boundary'
import { buttonClass, IconButton } from '../../shared/ui/button'
import { ThemeMenu } from './theme-menu'

/** Comes beside the first page, which is not to wait for it. */
const SessionsList = part(async () => (await import('../../features/sessions/sessions-list')).SessionsList)

const GROUP = 'grid grid-cols-2 p-2'
const ENTRY =
  'flex min-h-9 min-w-0 items-center gap-2 rounded-control px-2 text-soft hover:text-ink pointer-coarse:min-h-11'

interface Place {
  to: string
  name: MessageKey
  icon: LucideIcon
}

/** Where readers go beside their chats, and, one press away, what is set up once. */
const NEAR: Place[] = [
  { to: '/gallery', name: 'app.characters', icon: BookUser },
  { to: '/history', name: 'app.history', icon: History },
  { to: '/settings', name: 'app.settings', icon: Settings2 },
]
const FAR: Place[] = [
  { to: '/profiles', name: 'app.profiles', icon: UserRound },
  { to: '/prompts', name: 'app.prompts', icon: ScrollText },
  { to: '/models', name: 'app.models', icon: Cpu },
  { to: '/usage', name: 'app.usage', icon: ChartColumn },
  { to: '/trash', name: 'app.trash', icon: Trash2 },
  { to: '/health', name: 'app.health', icon: Activity },
]
export const PAGES = [...NEAR, ...FAR]

interface SidebarProps {
  onSearch: () => void
  onHide: () => void
}

export function Sidebar({ onSearch, onHide }: SidebarProps) {
  const t = useText()
  return (
    <aside aria-label={t('app.sidebar')} className="flex h-full min-h-0 flex-col border-line border-e bg-sunken">
      <div className="flex items-center ps-4 pe-2 pt-3 pb-1">
        <Link to="/" className="me-auto flex items-center gap-2 font-semibold font-story text-story">
          <Mark />
          Causerie
        </Link>
        <ThemeMenu />
        <IconButton
          icon={PanelLeftClose}
          name={t('app.hideChats')}
          className="hover:bg-surface rtl:-scale-x-100"
          onClick={onHide}
        />
      </div>
      <Link to="/new" className={buttonClass('plain', 'mx-3 mt-2 justify-start! py-2 font-semibold')}>
        <Plus size={18} aria-hidden />
        {t('app.newChat')}
      </Link>
      <button
        type="button"
        onClick={onSearch}
        className="mx-3 my-1 flex min-h-9 items-center gap-2 rounded-control border border-transparent px-3.5 text-small text-soft hover:text-ink pointer-coarse:min-h-11"
      >
        <Search size={18} aria-hidden />
        <span className="min-w-0 flex-1 truncate text-start">{t('app.searchEverything')}</span>
        <span aria-hidden className="pointer-coarse:hidden">
          <Chord command="palette" />
        </span>
      </button>
      <nav aria-label={t('app.chats')} className="min-h-0 flex-1">
        <Region name={t('app.chats')}>
          <SessionsList />
        </Region>
      </nav>
      <Pages />
    </aside>
  )
}

/** What is far opens above what is near, which stays where it is; the keyboard comes to it after the button. */
function Pages() {
  const t = useText()
  const { pathname } = useLocation()
  const [wanted, setWanted] = useState(() => recall('all-pages'))
  const id = useId()
  const all = typeof wanted === 'boolean' ? wanted : FAR.some(({ to }) => pathname.startsWith(to))

  function toggle() {
    setWanted(!all)
    remember('all-pages', !all)
  }

  return (
    <nav
      aria-label={t('app.pages')}
      className="flex flex-col-reverse border-line border-t pb-[env(safe-area-inset-bottom)] text-small"
    >
      <div className={GROUP}>
        {NEAR.map((place) => (
          <PageLink key={place.to} {...place} />
        ))}
        <button type="button" aria-expanded={all} aria-controls={id} onClick={toggle} className={ENTRY}>
          <ChevronUp size={18} aria-hidden className={cx('transition-transform', all && 'rotate-180')} />
          {t('app.allPages')}
        </button>
      </div>
      <div id={id} hidden={!all} className={cx(all && GROUP, 'border-line border-b')}>
        {FAR.map((place) => (
          <PageLink key={place.to} {...place} />
        ))}
      </div>
    </nav>
  )
}

function PageLink({ to, name, icon: Icon }: Place) {
  const t = useText()
  return (
    <NavLink
      to={to}
      className={({ isActive }) =>
        cx(
          ENTRY,
          isActive &&
            'bg-surface text-ink not-focus-visible:outline-1 not-focus-visible:outline-line not-focus-visible:-outline-offset-1',
        )
      }
    >
      <Icon size={18} aria-hidden />
      <span className="truncate">{t(name)}</span>
    </NavLink>
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
