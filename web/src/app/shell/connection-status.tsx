import { CircleAlert, CloudOff, Database, Hourglass, type LucideIcon, RefreshCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { useSelector } from 'react-redux'
import { Link } from 'react-router'
import { socket } from '../../realtime/realtime'
import type { RootState } from '../../realtime/store'
import { useText } from '../../shared/i18n/text'
import { useDelayed } from '../../shared/lib/use-delayed'
import { useNetwork, useVisible } from '../../shared/lib/use-page'
import { Button } from '../../shared/ui/button'

/** A reconnect that is over sooner than this needs no words. */
const TELL_AFTER_MS = 2_000

const useAppSelector = useSelector.withTypes<RootState>()

/** Says when the network, the server, its database or live text is away: above everything and in nobody's way. */
export function ConnectionStatus() {
  const t = useText()
  const { status, delayed, withoutDatabase, outdated } = useAppSelector(({ connection }) => connection)
  const kept = useAppSelector(({ outbox }) => outbox.filter(({ status }) => status === 'sending').length)
  const lasting = useAppSelector(({ keeping }) => keeping.lasting)
  const network = useNetwork()
  const visible = useVisible()
  const online = status === 'online'
  // A hidden tab lets go of its connection by itself.
  const away = useDelayed(!online && visible, TELL_AFTER_MS)
  return (
    <div role="status" aria-label={t('app.connection')}>
      {away && (
        <Line icon={CloudOff}>
          <span>{network ? t('app.reconnecting', { kept }) : t('outbox.offline', { kept })}</span>
          <Button look="quiet" className="min-h-7 px-2 py-0.5 text-accent underline" onClick={() => socket.reconnect()}>
            {t('app.retryNow')}
          </Button>
        </Line>
      )}
      {!lasting && kept > 0 && (
        <Line icon={CircleAlert}>
          <span>{t('outbox.notLasting')}</span>
        </Line>
      )}
      {online && withoutDatabase && (
        <Line icon={Database}>
          <span>{t('app.databaseAway')}</span>
        </Line>
      )}
      {online && !withoutDatabase && delayed && (
        <Line icon={Hourglass}>
          <span>{t('app.delayed')}</span>
          <Link to="/health" className="text-accent underline underline-offset-2">
            {t('app.details')}
          </Link>
        </Line>
      )}
      {outdated && (
        <Line icon={RefreshCw}>
          <span>{t('outbox.newVersion')}</span>
          <Button look="quiet" className="min-h-7 px-2 py-0.5 text-accent underline" onClick={() => location.reload()}>
            {t('outbox.reload')}
          </Button>
        </Line>
      )}
    </div>
  )
}

function Line({ icon: Icon, children }: { icon: LucideIcon; children: ReactNode }) {
  return (
    <p className="flex items-center justify-center gap-2.5 border-line border-b bg-surface px-4 py-1.5 text-small">
      <Icon size={15} aria-hidden className="shrink-0 text-warn" />
      <span className="flex min-w-0 flex-wrap items-center gap-x-3">{children}</span>
    </p>
  )
}
