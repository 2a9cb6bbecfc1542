import { defaultRangeExtractor, useVirtualizer, type VirtualItem } from '@tanstack/react-virtual'
import {
  type CSSProperties,
  type FocusEvent,
  type RefObject,
  useCallback,
  useEffect,
  useEffectEvent,
  useRef,
  useState,
} from 'react'

const OVERSCAN = 6
/** With fewer rows than this below the last one in sight, the next page is read. */
const APPROACH_ROWS = 12

interface VirtualRowsOptions {
  /** What scrolls. Other things may stand in it above the rows. */
  box: RefObject<HTMLElement | null>
  /** One for each row, and the same one wherever the row moves; another array only when they change. */
  keys: readonly string[]
  /** How high a row probably is, in pixels. */
  estimate: (index: number) => number
  gap?: number
  /** Rows drawn beyond each edge of what is in sight. */
  overscan?: number
  /** Called when the reader comes near the last row. */
  onApproach?: () => void
}

export interface VirtualRows {
  /** For the element that the rows lie in. */
  list: {
    ref: RefObject<never>
    style: CSSProperties
    onFocus: (event: FocusEvent) => void
    onBlur: (event: FocusEvent) => void
  }
  rows: readonly { index: number; props: RowProps }[]
}

interface RowProps {
  ref: (element: Element | null) => void
  'data-index': number
  style: CSSProperties
}

/** Of a long list only the rows in sight, and the one that has the focus. */
export function useVirtualRows({
  box,
  keys,
  estimate,
  gap = 0,
  overscan = OVERSCAN,
  onApproach,
}: VirtualRowsOptions): VirtualRows {
  const list = useRef<HTMLElement>(null)
  const [above, setAbove] = useState(0)
  const [focused, setFocused] = useState<string | null>(null)

  const virtual = useVirtualizer({
    count: keys.length,
    getScrollElement: () => box.current,
    getItemKey: useCallback((index) => keys[index] ?? index, [keys]),
    estimateSize: estimate,
    gap,
    overscan,
    scrollMargin: above,
    rangeExtractor: (range) => {
      const kept = focused === null ? -1 : keys.indexOf(focused)
      const inSight = defaultRangeExtractor(range)
      return kept < 0 || inSight.includes(kept) ? inSight : [...inSight, kept].toSorted((one, other) => one - other)
    },
  })
  const items = virtual.getVirtualItems()

  // What stands above may have grown with any drawing.
  useEffect(() => {
    if (!list.current || !box.current) return
    const distance = list.current.getBoundingClientRect().top - box.current.getBoundingClientRect().top
    setAbove(Math.round(distance + box.current.scrollTop))
  })

  const last = items.at(-1)?.index ?? 0
  const near = keys.length > 0 && last >= keys.length - APPROACH_ROWS
  const approach = useEffectEvent(() => onApproach?.())
  // biome-ignore lint/correctness/useExhaustiveDependencies: a page that has come and still leaves the end near asks for the next
  useEffect(() => {
    if (near) approach()
  }, [near, keys.length])

  return {
    list: {
      ref: list as RefObject<never>,
      style: { position: 'relative', height: virtual.getTotalSize() },
      onFocus: ({ target }) => setFocused(keyAt(target, keys)),
      onBlur: ({ currentTarget, relatedTarget }) => {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setFocused(null)
      },
    },
    rows: items.map((item) => ({ index: item.index, props: propsOf(item, above, virtual.measureElement) })),
  }
}

function propsOf(item: VirtualItem, above: number, ref: RowProps['ref']): RowProps {
  const style = {
    position: 'absolute',
    insetInline: 0,
    top: 0,
    transform: `translateY(${item.start - above}px)`,
  } as const
  return { ref, 'data-index': item.index, style }
}

function keyAt(target: Element, keys: readonly string[]): string | null {
  const row = target.closest<HTMLElement>('[data-index]')
  return keys[Number(row?.dataset.index)] ?? null
}
