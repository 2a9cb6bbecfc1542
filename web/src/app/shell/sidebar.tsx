import { Activity, BookUser, Cpu, PanelLeftClose, Plus, Trash2 } from 'lucide-react'
import { Link, NavLink } from 'react-router'
import { SessionsList } from '../../features/sessions/sessions-list'
import { cx } from '../../shared/lib/class-names'
import { buttonClass, IconButton } from '../../shared/ui/button'
import { ThemeMenu } from './theme-menu'

const PAGES = [
  { to: '/gallery', name: 'Characters', icon: BookUser },
  { to: '/models', name: 'Models', icon: Cpu },
  { to: '/trash', name: 'Trash', icon: Trash2 },
  { to: '/health', name: 'Health', icon: Activity },
] as const

export function Sidebar({ onHide }: { onHide: () => void }) {
  return (
    <aside aria-label="Sidebar" className="flex h-full min-h-0 flex-col border-line border-r bg-sunken">
      <div className="flex items-center justify-between pt-3 pr-2 pb-1 pl-4">
        <Link to="/" className="flex items-center gap-2 font-semibold font-story text-story">
          <Mark />
          Causerie
        </Link>
        <IconButton icon={PanelLeftClose} name="Hide chats" className="hover:bg-surface" onClick={onHide} />
      </div>
      <Link to="/new" className={buttonClass('plain', 'mx-3 my-2 justify-start! py-2 font-semibold')}>
        <Plus size={18} aria-hidden />
        New chat
      </Link>
      <nav aria-label="Chats" className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-2 pb-4">
        <SessionsList />
      </nav>
      <nav
        aria-label="Pages"
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
            {name}
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
