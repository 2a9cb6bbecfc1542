import { CloudOff, Database, Hourglass, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { useSelector } from 'react-redux'
import { Link } from 'react-router'
import { socket } from '../../realtime/realtime'
import type { RootState } from '../../realtime/store'
import { useText } from '../../shared/i18n/text'
import { useDelayed } from '../../shared/lib/use-delayed'
import { Button } from '../../shared/ui/button'

/** A reconnect that is over sooner than this needs no words. */
const TELL_AFTER_MS = 2_000

const useAppSelector = useSelector.withTypes<RootState>()

/** Says when the server, its database or live text is away: above everything and in nobody's way. */
export function ConnectionStatus() {
  const t = useText()
  const { status, delayed, withoutDatabase } = useAppSelector(({ connection }) => connection)
  const kept = useAppSelector(({ outbox }) => outbox.filter(({ status }) => status === 'sending').length)
  const online = status === 'online'
  const away = useDelayed(!online, TELL_AFTER_MS)
  return (
    <div role="status" aria-label={t('app.connection')}>
      {away && (
        <Line icon={CloudOff}>
          <span>{t('app.reconnecting', { kept })}</span>
          <Button look="quiet" className="min-h-7 px-2 py-0.5 text-accent underline" onClick={() => socket.reconnect()}>
            {t('app.retryNow')}
          </Button>
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
