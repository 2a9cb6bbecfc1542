import { type RefObject, useLayoutEffect } from 'react'
import { useLocation } from 'react-router'

const NAME = 'causerie.scroll'
const MOST_ENTRIES = 100

/** How far down each entry of this tab's history was, in pixels, by its key. */
const positions = stored()
addEventListener('pagehide', () => {
  try {
    sessionStorage.setItem(NAME, JSON.stringify([...positions]))
  } catch {
    // A browser may refuse storage: after a reload the page begins at its top then.
  }
})

/**
 * Scroll `box` to where the reader left it when going back or forward to this page or loading it again.
 *
 * What loads later is waited for as long as the reader does not scroll.
 */
export function useKeptScroll(box: RefObject<HTMLElement | null>): void {
  const { key } = useLocation()
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const wanted = positions.get(key) ?? 0
    const left = new AbortController()
    if (wanted > 0) scrollWhenGrown(element, wanted, left.signal)
    const keep = () => {
      positions.delete(key)
      positions.set(key, element.scrollTop)
      const [oldest] = positions.keys()
      if (positions.size > MOST_ENTRIES && oldest !== undefined) positions.delete(oldest)
    }
    addEventListener('pagehide', keep, { signal: left.signal, capture: true })
    return () => {
      keep()
      left.abort()
    }
  }, [box, key])
}

function scrollWhenGrown(element: HTMLElement, wanted: number, left: AbortSignal): void {
  const content = new ResizeObserver(() => {
    element.scrollTop = wanted
    if (element.scrollTop >= wanted - 1) content.disconnect()
  })
  for (const child of element.children) content.observe(child)
  const stop = () => content.disconnect()
  for (const type of ['wheel', 'touchstart', 'keydown', 'pointerdown']) {
    element.addEventListener(type, stop, { signal: left, passive: true })
  }
  left.addEventListener('abort', stop)
}

function stored(): Map<string, number> {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(NAME) ?? '[]'))
  } catch {
    return new Map()
  }
}
