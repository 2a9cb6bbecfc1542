import { useEffect, useState } from 'react'

/** True once `active` has been true for `milliseconds`: what is over sooner than that needs no sign of waiting. */
export function useDelayed(active: boolean, milliseconds: number): boolean {
  const [due, setDue] = useState(false)
  useEffect(() => {
    if (!active) return
    const timer = setTimeout(() => setDue(true), milliseconds)
    return () => {
      clearTimeout(timer)
      setDue(false)
    }
  }, [active, milliseconds])
  return active && due
}
