import {
  defaultRangeExtractor,
  elementScroll,
  type Range,
  useVirtualizer,
  type VirtualItem,
  type Virtualizer,
} from '@tanstack/react-virtual'
import { type RefObject, useCallback, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import { conversations } from '../../realtime/realtime'
import { likelyHeight } from './row-height'
import type { Row, Transcript } from './rows'
import type { Side } from './use-chat'
import { useFollow } from './use-follow'

/** Between two rows. */
export const GAP_PX = 32
const ABOVE_PX = 32
const BELOW_PX = 24
/** A button above the first or below the last row, with its distance. */
const BUTTON_PX = 56
/** Rows drawn beyond each edge. */
const OVERSCAN = 5
/** Measured rows that are remembered from the first one in sight on, so that it is found where it was. */
const SIZES = 30
/** Nearer to an edge of what is loaded than this, the next page is read. */
const APPROACH_PX = 1_500

/** A row of a transcript and how far it lies below the upper edge of the box; without that, in its middle. */
export interface Spot {
  row: string
  offset?: number
}

interface Place {
  /** Null: at the end. */
  spot: Required<Spot> | null
  sizes: VirtualItem[]
}

/** Where each chat was left in this tab. */
const places = new Map<string, Place>()

/** The row that a chat was left at in this tab; null when that was its end. */
export function placeOf(sessionId: string): Spot | null {
  return places.get(sessionId)?.spot ?? null
}

export interface TranscriptList {
  virtual: Virtualizer<HTMLDivElement, HTMLDivElement>
  /** The end is kept in sight. */
  following: boolean
  /** Go to the first row that is loaded. */
  toTop: () => void
  /** Go to the end of the chat and stay there. */
  toEnd: () => void
  /** Stay here, whatever is written below. */
  stay: () => void
  /** Bring a row into sight, if it is not, and stay there. */
  show: (index: number, align: 'auto' | 'center' | 'start') => void
}

/**
 * The rows in sight, and the scrolling of their box: it begins at `spot`, else where the chat was left, else at its end;
 * rows that come above what is read, or change there, move nothing.
 *
 * @param kept rows that are drawn wherever the reader is.
 * @param approach called when the reader comes near an edge of what is loaded.
 */
export function useTranscriptList(
  box: RefObject<HTMLDivElement | null>,
  sessionId: string,
  { rows, older, newer }: Pick<Transcript, 'rows' | 'older' | 'newer'>,
  spot: Spot | null,
  kept: readonly (string | null)[],
  approach: (side: Side) => void,
): TranscriptList {
  const [left] = useState(() => places.get(sessionId))
  const began = spot ?? left?.spot ?? null
  const reading = useRef(left?.spot ?? null)
  const paddingStart = ABOVE_PX + (older ? BUTTON_PX : 0)

  const { following, attach, release, scrolled } = useFollow(box, began === null, !newer, (follows) => {
    const element = box.current
    if (!element) return
    const { scrollTop, scrollHeight, clientHeight } = element
    const first = follows ? undefined : virtual.getVirtualItemForOffset(scrollTop)
    const row = first && rows[first.index]
    reading.current = row ? { row: row.id, offset: first.start - scrollTop } : null
    conversations.windows.reading(sessionId, row?.id ?? null)
    if (follows) return
    if (older && scrollTop < APPROACH_PX) approach('older')
    if (newer && scrollHeight - scrollTop - clientHeight < APPROACH_PX) approach('newer')
  })

  const virtual: Virtualizer<HTMLDivElement, HTMLDivElement> = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: rows.length,
    getScrollElement: () => box.current,
    getItemKey: useCallback((index) => rows[index]?.id ?? index, [rows]),
    estimateSize: (index) => estimate(rows, index),
    gap: GAP_PX,
    paddingStart,
    paddingEnd: BELOW_PX + (newer ? BUTTON_PX : 0),
    overscan: OVERSCAN,
    anchorTo: 'end',
    // Who has left the end by a line has left it: how near it is decides nothing.
    followOnAppend: following,
    scrollEndThreshold: following ? Number.POSITIVE_INFINITY : -1,
    rangeExtractor: (range) => withKept(range, rows, kept),
    initialMeasurementsCache: left?.sizes ?? [],
    initialOffset: () =>
      began === null ? heightOf(rows, rows.length, left) : offsetOf(began, rows, left, paddingStart),
    scrollToFn: (...write) => {
      elementScroll(...write)
      scrolled()
    },
  })
  virtual.shouldAdjustScrollPositionOnItemSizeChange = isAbove

  const toEnd = useCallback(() => {
    conversations.windows.toEnd(sessionId)
    reading.current = null
    attach()
  }, [sessionId, attach])

  const show = useCallback(
    (index: number, align: 'auto' | 'center' | 'start') => {
      release()
      virtual.scrollToIndex(index, { align })
    },
    [virtual, release],
  )

  const toTop = useCallback(() => {
    release()
    virtual.scrollToOffset(0)
  }, [virtual, release])

  const place = useEffectEvent((): Place => {
    const sizes = virtual.takeSnapshot()
    const first = sizes.findIndex(({ key }) => key === reading.current?.row)
    return { spot: reading.current, sizes: first < 0 ? [] : sizes.slice(Math.max(0, first - OVERSCAN), first + SIZES) }
  })
  useLayoutEffect(() => () => void places.set(sessionId, place()), [sessionId])

  return { virtual, following, toTop, toEnd, stay: release, show }
}

/** Whether a change of this row would move what is read. One that was only estimated was wrong above its end. */
function isAbove(
  item: VirtualItem,
  _delta: number,
  { itemSizeCache, scrollOffset }: Virtualizer<HTMLDivElement, HTMLDivElement>,
) {
  const fold = scrollOffset ?? 0
  return itemSizeCache.has(item.key) ? item.end <= fold : item.start < fold
}

function withKept(range: Range, rows: readonly Row[], kept: readonly (string | null)[]): number[] {
  const inSight = defaultRangeExtractor(range)
  const others = kept.map((id) => rows.findIndex((row) => row.id === id)).filter((index) => index >= 0)
  return [...new Set([...inSight, ...others])].toSorted((one, other) => one - other)
}

/** How high the first `count` rows are together, with the gaps below them. */
function heightOf(rows: readonly Row[], count: number, left: Place | undefined): number {
  const known = new Map(left?.sizes.map(({ key, size }) => [key, size]))
  return rows
    .slice(0, count)
    .reduce((sum, row, index) => sum + (known.get(row.id) ?? estimate(rows, index)) + GAP_PX, 0)
}

function offsetOf({ row, offset }: Spot, rows: readonly Row[], left: Place | undefined, above: number): number {
  const index = rows.findIndex(({ id }) => id === row)
  const start = above + heightOf(rows, index, left)
  return start - (offset ?? innerHeight / 3)
}

function estimate(rows: readonly Row[], index: number): number {
  const row = rows[index]
  return row ? likelyHeight(row, innerWidth) : 0
}
