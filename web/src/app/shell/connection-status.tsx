import { CloudOff } from 'lucide-react'
import { useSelector } from 'react-redux'
import { socket } from '../../realtime/realtime'
import type { RootState } from '../../realtime/store'
import { useDelayed } from '../../shared/lib/use-delayed'
import { Button } from '../../shared/ui/button'

/** A reconnect that is over sooner than this needs no words. */
const TELL_AFTER_MS = 2_000

const useAppSelector = useSelector.withTypes<RootState>()

/** Says when the server is away, above everything and in nobody's way. */
export function ConnectionStatus() {
  const away = useAppSelector(({ connection }) => connection.status !== 'online')
  const kept = useAppSelector(({ outbox }) => outbox.filter(({ status }) => status === 'sending').length)
  const shown = useDelayed(away, TELL_AFTER_MS)
  return (
    <div role="status" aria-label="Connection">
      {shown && (
        <p className="flex flex-wrap items-center justify-center gap-x-3 gap-y-1 border-line border-b bg-surface px-4 py-1.5 text-small">
          <CloudOff size={15} aria-hidden className="text-warn" />
          <span>
            Reconnecting…{' '}
            {kept > 0 &&
              (kept === 1 ? 'One message is kept and sent later.' : `${kept} messages are kept and sent later.`)}
          </span>
          <Button look="quiet" className="min-h-7 px-2 py-0.5 text-accent underline" onClick={() => socket.reconnect()}>
            Retry now
          </Button>
        </p>
      )}
    </div>
  )
}
