import { useSettings } from '../../shared/api/settings'
import { part } from '../../shared/lib/part'
import { useInterface } from '../../shared/theme/use-interface'

const WelcomeModal = part(async () => (await import('./welcome-modal')).WelcomeModal)

/** The welcome, until it was seen or skipped once on any device; the server remembers. */
export function Welcome() {
  const { data: settings } = useSettings()
  const [{ welcomed }, change] = useInterface()
  // What the browser remembers is not asked before the server has spoken: it knows nothing of other devices.
  if (welcomed || settings?.interface.welcomed !== false) return null
  return <WelcomeModal onClose={() => change({ welcomed: true })} />
}
