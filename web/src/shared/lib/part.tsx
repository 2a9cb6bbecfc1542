import { type ComponentType, useEffect } from 'react'
import { later } from './later'

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000

/**
 * A component that the first paint does not wait for: nothing stands there until it has come. One that does not come
 * breaks nothing beside it, and is asked for again as long as it is wanted; React's `lazy` would keep the failure.
 */
export function part<Props extends object>(importing: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const { load, useModule } = later(importing)

  return function Part(props) {
    const Component = useModule()
    const here = Component !== null
    useEffect(() => {
      if (here) return
      let wait = FIRST_WAIT_MS
      let timer: ReturnType<typeof setTimeout> | undefined
      let wanted = true
      const ask = async () => {
        await load()
        if (wanted) timer = setTimeout(ask, wait)
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
