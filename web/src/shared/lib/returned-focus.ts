import { useEffect, useRef } from 'react'

/** When the form of a row closes, the focus goes back to the element `edit-<row>` that opened it. */
export function useReturnedFocus(edited: string): void {
  const last = useRef(edited)
  useEffect(() => {
    if (!edited && last.current) document.getElementById(`edit-${last.current}`)?.focus()
    last.current = edited
  }, [edited])
}
