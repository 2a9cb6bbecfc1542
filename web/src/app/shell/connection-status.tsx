import { CloudOff, Database, Hourglass, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { useSelector } from 'react-redux'
import { Link } from 'react-router'
import { socket } from '../../realtime/realtime'
import type { RootState } from '../../realtime/store'
import { useDelayed } from '../../shared/lib/use-delayed'
import { Button } from '../../shared/ui/button'

/** A reconnect that is over sooner than this needs no words. */
const TELL_AFTER_MS = 2_000

const useAppSelector = useSelector.withTypes<RootState>()

/** Says when the server, its database or live text is away: above everything and in nobody's way. */
export function ConnectionStatus() {
  const { status, delayed, withoutDatabase } = useAppSelector(({ connection }) => connection)
  const kept = useAppSelector(({ outbox }) => outbox.filter(({ status }) => status === 'sending').length)
  const online = status === 'online'
  const away = useDelayed(!online, TELL_AFTER_MS)
  return (
    <div role="status" aria-label="Connection">
      {away && (
        <Line icon={CloudOff}>
          <span>
            Reconnecting…{' '}
            {kept > 0 &&
              (kept === 1 ? 'One message is kept and sent later.' : `${kept} messages are kept and sent later.`)}
          </span>
          <Button look="quiet" className="min-h-7 px-2 py-0.5 text-accent underline" onClick={() => socket.reconnect()}>
            Retry now
          </Button>
        </Line>
      )}
      {online && withoutDatabase && (
        <Line icon={Database}>
          <span>The database is away. Nothing is lost; sending works again when it is back.</span>
        </Line>
      )}
      {online && !withoutDatabase && delayed && (
        <Line icon={Hourglass}>
          <span>Live text is delayed. Nothing is lost.</span>
          <Link to="/health" className="text-accent underline underline-offset-2">
            Details
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
