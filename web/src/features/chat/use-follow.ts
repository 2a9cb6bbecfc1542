import { type RefObject, useCallback, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'

/** Nearer to the bottom than this is "at end". */
const AT_END_PX = 80
const OLDER_WITHIN_PX = 1_500

interface Place {
  top: number
  following: boolean
}

/** Where each chat was left in this tab. */
const places = new Map<string, Place>()

interface Follow {
  /** The reader has scrolled away from the end. */
  released: boolean
  /** Go to the end and stay there. */
  attach: () => void
}

/**
 * Keep the end of a transcript in sight while the reader is there, and nothing else: any movement upward releases at
 * once, and then nothing scrolls until the reader comes back. Rows put above the first one move nothing either.
 */
export function useFollow(
  box: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  sessionId: string,
  firstRow: string | undefined,
  onNearTop: () => void,
): Follow {
  const following = useRef(true)
  const [released, setReleased] = useState(false)
  const last = useRef({ top: 0, height: 0 })
  const nearTop = useEffectEvent(onNearTop)

  const follow = useCallback((yes: boolean) => {
    following.current = yes
    setReleased(!yes)
  }, [])

  const attach = useCallback(() => {
    follow(true)
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }, [box, follow])

  useLayoutEffect(() => {
    const place = places.get(sessionId)
    const element = box.current
    if (!element) return
    follow(place?.following ?? true)
    element.scrollTop = place && !place.following ? place.top : element.scrollHeight
    return () => {
      places.set(sessionId, { top: element.scrollTop, following: following.current })
    }
  }, [box, sessionId, follow])

  useAnchor(box, content, firstRow, following)

  useEffect(() => {
    const element = box.current
    const inner = content.current
    if (!element || !inner) return
    const stay = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight
      last.current = { top: element.scrollTop, height: element.scrollHeight }
    })
    stay.observe(element)
    stay.observe(inner)
    const onScroll = () => {
      const { scrollTop, scrollHeight, clientHeight } = element
      const gap = scrollHeight - scrollTop - clientHeight
      const upward = scrollTop < last.current.top - 0.5
      // A shorter page moves the bottom up without anybody scrolling: then the gap is nothing.
      if (upward && gap > 1) follow(false)
      else if (gap <= AT_END_PX && !upward) follow(true)
      if (upward && scrollTop < OLDER_WITHIN_PX) nearTop()
      last.current = { top: scrollTop, height: scrollHeight }
    }
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      stay.disconnect()
      element.removeEventListener('scroll', onScroll)
    }
  }, [box, content, follow])

  return { released, attach }
}

/** Hold the rows in sight where they are when older ones come above them. */
function useAnchor(
  box: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  firstRow: string | undefined,
  following: RefObject<boolean>,
): void {
  const before = useRef<{ row: string; offset: number } | null>(null)
  useLayoutEffect(() => {
    const old = before.current
    const anchor = old && rowElement(content.current, old.row)
    if (old && anchor && old.row !== firstRow && !following.current && box.current) {
      box.current.scrollTop += anchor.offsetTop - old.offset
    }
    const element = firstRow === undefined ? null : rowElement(content.current, firstRow)
    before.current = firstRow !== undefined && element ? { row: firstRow, offset: element.offsetTop } : null
  })
}

function rowElement(content: HTMLElement | null, row: string): HTMLElement | null {
  return content?.querySelector<HTMLElement>(`[data-row="${CSS.escape(row)}"]`) ?? null
}
