import { type ComponentType, useEffect, useEffectEvent } from 'react'
import { useText } from '../i18n/text'
import { useNotify } from '../ui/toaster'
import { later } from './later'

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 8_000

/**
 * A component that the first paint does not wait for: nothing stands there until it has come. One that does not come
 * breaks nothing beside it, and is asked for as long as it is wanted; React's `lazy` would keep the first failure. So
 * does the browser, if it does not follow the rule of 2026 yet: the reader hears what else to do.
 */
export function part<Props extends object>(importing: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const { load, useModule } = later(importing)

  return function Part(props) {
    const t = useText()
    const notify = useNotify()
    const Component = useModule()
    const here = Component !== null
    const tell = useEffectEvent(() => notify.alert(t('shared.partMissing')))
    useEffect(() => {
      if (here) return
      let wait = FIRST_WAIT_MS
      let timer: ReturnType<typeof setTimeout> | undefined
      let wanted = true
      const ask = async () => {
        const came = await load()
        if (came || !wanted) return
        timer = setTimeout(ask, wait)
        if (wait === 2 * FIRST_WAIT_MS) tell()
        wait = Math.min(2 * wait, LONGEST_WAIT_MS)
      }
      void ask()
      return () => {
        wanted = false
        clearTimeout(timer)
      }
    }, [here])
    return Component && <Component {...props} />
  }
}
