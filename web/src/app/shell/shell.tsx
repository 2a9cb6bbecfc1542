import { PanelLeft, Search } from 'lucide-react'
import { useState } from 'react'
import { Outlet, useLocation, useMatch, useNavigate, useNavigation } from 'react-router'
import { Welcome } from '../../features/onboarding/welcome'
import { useReading } from '../../features/sessions/use-reading'
import { useCommand } from '../../shared/a11y/use-command'
import { useText } from '../../shared/i18n/text'
import { part } from '../../shared/lib/part'
import { recall, remember } from '../../shared/lib/storage'
import { useMedia } from '../../shared/lib/use-media'
import { useKeptInterface } from '../../shared/theme/use-interface'
import { IconButton } from '../../shared/ui/button'
import { ConnectionStatus } from './connection-status'
import { Sidebar } from './sidebar'

const FindBar = part(async () => (await import('../../features/search/find-bar')).FindBar)
const KeysDialog = part(async () => (await import('../../shared/a11y/keys-dialog')).KeysDialog)
const Palette = part(async () => (await import('./commands')).ShellPalette)
const Sheet = part(async () => (await import('./sheet')).Sheet)

/** The house: the chats on the left, one page beside them. Narrow screens open the chats as a sheet. */
export function Shell() {
  const t = useText()
  const wide = useMedia('(min-width: 1024px)')
  const [docked, setDocked] = useState(() => recall('sidebar') !== 'hidden')
  const [sheet, setSheet] = useState(false)
  const navigation = useNavigation()
  const shown = wide && docked
  useKeptInterface()
  useReading()
  const navigate = useNavigate()
  const [layer, setLayer] = useState<'palette' | 'keys' | null>(null)
  const chatId = useMatch('/c/:id')?.params.id
  const [findIn, setFindIn] = useState<string | null>(null)
  useCommand('sidebar', toggle)
  useCommand('newChat', () => void navigate('/new'))
  useCommand('palette', search)
  useCommand('keys', () => setLayer('keys'))
  useCommand('find', ({ target }) => {
    // Outside of the transcript, and from the bar itself, the browser's own search opens.
    if (!chatId || !(target instanceof Element) || !target.closest('[role="log"]')) return false
    setFindIn(chatId)
  })
  useCloseOnArrival(() => setSheet(false))

  function toggle() {
    if (wide) dock(!docked)
    else setSheet(!sheet)
  }

  function search() {
    setSheet(false)
    setLayer('palette')
  }

  function dock(yes: boolean) {
    setDocked(yes)
    remember('sidebar', yes ? null : 'hidden')
  }

  return (
    <div data-sidebar={shown ? 'docked' : 'hidden'} className="group/shell flex h-full">
      <a
        href="#page"
        className="-translate-y-20 fixed start-2 top-2 z-50 rounded-control bg-accent px-3 py-2 text-on-accent focus:translate-y-0"
      >
        {t('app.skip')}
      </a>
      {shown && (
        <div className="w-[280px] shrink-0">
          <Sidebar onSearch={search} onHide={() => dock(false)} />
        </div>
      )}
      <div className="grid min-w-0 flex-1 grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)]">
        <ConnectionStatus />
        <main
          id="page"
          tabIndex={-1}
          aria-busy={navigation.state === 'loading'}
          className="relative min-h-0 min-w-0 outline-none"
        >
          {!shown && (
            <div className="absolute start-3 top-4 z-10 pointer-coarse:start-1 pointer-coarse:top-2.5">
              <IconButton
                icon={PanelLeft}
                name={t('app.showChats')}
                className="rtl:-scale-x-100"
                onClick={() => (wide ? dock(true) : setSheet(true))}
              />
              <IconButton icon={Search} name={t('app.searchEverything')} onClick={search} />
            </div>
          )}
          <Outlet />
          {chatId && findIn === chatId && (
            <FindBar
              key={chatId}
              sessionId={chatId}
              onClose={() => {
                setFindIn(null)
                document.querySelector<HTMLElement>('[role="log"]')?.focus()
              }}
            />
          )}
        </main>
      </div>
      {layer === 'keys' && <KeysDialog onClose={() => setLayer(null)} />}
      {layer === 'palette' && (
        <Palette toggleSidebar={toggle} showKeys={() => setLayer('keys')} onClose={() => setLayer(null)} />
      )}
      <Welcome />
      {!wide && sheet && (
        <Sheet title={t('app.chats')} onClose={() => setSheet(false)}>
          <Sidebar onSearch={search} onHide={() => setSheet(false)} />
        </Sheet>
      )}
    </div>
  )
}

function useCloseOnArrival(close: () => void) {
  const { key } = useLocation()
  const [arrivedAt, setArrivedAt] = useState(key)
  if (key !== arrivedAt) {
    setArrivedAt(key)
    close()
  }
}
