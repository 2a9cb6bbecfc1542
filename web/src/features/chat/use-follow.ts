import { type RefObject, useCallback, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'

/** Nearer to the bottom than this is "at end". */
const AT_END_PX = 80
/** A gesture that has moved nothing for so long was not meant for the transcript. */
const GESTURE_MS = 200
const UPWARD_KEYS = ['PageUp', 'ArrowUp']

export interface Follow {
  /** The end is kept in sight. */
  following: boolean
  /** Go to the end and stay there. */
  attach: () => void
  /** Stay where the reader is. */
  release: () => void
  /** Tell that the page itself has just scrolled: no movement of the reader's. */
  scrolled: () => void
}

/**
 * Keep the end of a transcript in sight while the reader is there, and nothing else: any movement upward releases at
 * once, and then nothing follows until the reader comes back.
 *
 * @param initially whether the reader begins at the end.
 * @param endIsLoaded whether the bottom of the box is the end of the chat.
 * @param onScroll called after every movement.
 */
export function useFollow(
  box: RefObject<HTMLElement | null>,
  initially: boolean,
  endIsLoaded: boolean,
  onScroll: (following: boolean) => void,
): Follow {
  const [following, setFollowing] = useState(initially)
  /** Whether the reader follows from the next drawing on. */
  const follows = useRef(initially)
  const top = useRef(0)

  const change = useCallback((to: boolean) => {
    follows.current = to
    setFollowing(to)
  }, [])

  const scrolled = useCallback(() => {
    if (box.current) top.current = box.current.scrollTop
  }, [box])

  const pin = useCallback(() => {
    const element = box.current
    if (element && gapOf(element) > 1) element.scrollTop = element.scrollHeight
    scrolled()
  }, [box, scrolled])

  // After every drawing: whatever has grown, the end stays in sight.
  useLayoutEffect(() => {
    if (following) pin()
  })

  /** Drawn before the next paint, so that nothing pulls the reader back meanwhile. */
  const changeNow = useCallback(
    (to: boolean) => {
      if (to !== follows.current) flushSync(() => change(to))
    },
    [change],
  )

  const moved = useEffectEvent(() => {
    const element = box.current
    if (!element) return
    const by = element.scrollTop - top.current
    const gap = gapOf(element)
    top.current = element.scrollTop
    // A shorter page moves the bottom up without anybody scrolling: then the gap is nothing.
    if (by < -0.5 && gap > 1) changeNow(false)
    else if (by > 0.5 && gap <= AT_END_PX && endIsLoaded) changeNow(true)
    onScroll(follows.current)
  })

  /** The movement comes after its gesture; what is written meanwhile must not undo it. */
  const beganUpward = useEffectEvent(() => {
    const element = box.current
    if (!element || !follows.current || element.scrollTop <= 0) return
    const before = top.current
    changeNow(false)
    // A frame brings whatever was scrolled until then, however late the timer is.
    const settle = () => element.isConnected && !follows.current && top.current >= before && change(true)
    setTimeout(() => requestAnimationFrame(settle), GESTURE_MS)
  })

  const resized = useEffectEvent(() => {
    if (following) pin()
  })

  useEffect(() => {
    const element = box.current
    if (!element) return
    const listening = new AbortController()
    const options = { passive: true, signal: listening.signal }
    element.addEventListener('scroll', () => moved(), options)
    onUpward(element, () => beganUpward(), options)
    // A keyboard that opens makes the box smaller, as a drawer does.
    const size = new ResizeObserver(() => resized())
    size.observe(element)
    return () => {
      listening.abort()
      size.disconnect()
    }
  }, [box])

  return {
    following,
    attach: useCallback(() => change(true), [change]),
    release: useCallback(() => change(false), [change]),
    scrolled,
  }
}

/** Call back when a wheel, a finger or a key begins to move the element's content down. */
function onUpward(element: HTMLElement, began: () => void, options: AddEventListenerOptions): void {
  element.addEventListener(
    'wheel',
    ({ deltaX, deltaY, ctrlKey }) => {
      if (!ctrlKey && -deltaY > Math.abs(deltaX)) began()
    },
    options,
  )
  let touchedAt = 0
  const heightOf = (event: TouchEvent) => event.touches[0]?.clientY ?? 0
  element.addEventListener('touchstart', (event) => (touchedAt = heightOf(event)), options)
  element.addEventListener(
    'touchmove',
    (event) => {
      if (heightOf(event) > touchedAt) began()
    },
    options,
  )
  element.addEventListener(
    'keydown',
    ({ key, target }) => {
      if (target === element && UPWARD_KEYS.includes(key)) began()
    },
    options,
  )
}

function gapOf({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight
}
