import { ArrowDown } from 'lucide-react'
import { type KeyboardEvent, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { means } from '../../shared/a11y/keymap'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { dayHeading, daysAgo } from '../../shared/lib/time'
import { useInterface } from '../../shared/theme/use-interface'
import { RawRow } from '../../shared/ui/boundary'
import { Button } from '../../shared/ui/button'
import { Message, SayingMessage } from './message'
import type { RowDeeds, Speaker } from './row-deeds'
import { type Row, runningReply, type Transcript } from './rows'
import type { Pages, Side } from './use-chat'
import { useNewSince } from './use-new-since'
import { type Spot, useTranscriptList } from './use-transcript-list'

/** How long a row that was looked for is marked. */
const MARKED_MS = 2_000

interface MessageListProps {
  sessionId: string
  transcript: Transcript
  speakerOf: (characterId: string | null) => Speaker
  deeds: RowDeeds
  editing: string | null
  online: boolean
  pages: Pages
  /** A loaded row to show; a new object shows it again. */
  spot: Spot | null
}

export function MessageList({
  sessionId,
  transcript,
  speakerOf,
  deeds,
  editing,
  online,
  pages,
  spot,
}: MessageListProps) {
  const t = useText()
  const box = useRef<HTMLDivElement>(null)
  const { rows, above, total, older, newer } = transcript
  const size = total === null ? null : total + rows.filter(({ kind }) => kind === 'saying').length
  const speakers = useSpeakers(speakerOf)
  const [focused, setFocused] = useState<string | null>(null)
  const kept = [focused, editing]
  const { virtual, following, toTop, toEnd, stay, show } = useTranscriptList(
    box,
    sessionId,
    transcript,
    spot,
    kept,
    pages.approach,
  )
  const marked = useMarked(spot)
  const news = useNewSince(rows, following)
  const answering = runningReply(rows)?.id ?? null

  const showSpot = useEffectEvent(({ row, offset }: Spot) => {
    if (offset === undefined) show(indexOf(rows, row), 'center')
  })
  useEffect(() => {
    if (spot) showSpot(spot)
  }, [spot])

  const { said } = transcript
  const saidBefore = useRef(said)
  useEffect(() => {
    if (said !== null && said !== saidBefore.current) toEnd()
    saidBefore.current = said
  }, [said, toEnd])

  const [{ follow }] = useInterface()
  useEffect(() => {
    if (answering !== null && !follow) stay()
  }, [answering, follow, stay])

  function focusRow(step: 1 | -1) {
    const at = document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset.row
    const from = at === undefined ? -1 : indexOf(rows, at)
    const inSight = virtual.range
    const start = from >= 0 ? from + step : step > 0 ? inSight?.startIndex : inSight?.endIndex
    const row = start === undefined ? undefined : rows[start]
    if (start === undefined || !row) return
    flushSync(() => setFocused(row.id))
    elementOf(box.current, row.id)?.focus({ preventScroll: true })
    show(start, 'auto')
  }

  function onKeyDown(event: KeyboardEvent) {
    if (means(event, 'previousRow')) focusRow(-1)
    else if (means(event, 'nextRow')) focusRow(1)
    else if (isWriting(event.target)) return
    else if (means(event, 'firstRow')) toTop()
    else if (means(event, 'lastRow')) toEnd()
    else return
    event.preventDefault()
  }

  return (
    <div className="relative min-h-0">
      <div
        ref={box}
        role="log"
        aria-live="off"
        aria-label={t('chat.transcript')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
        tabIndex={0}
        className="h-full overflow-y-auto overscroll-none px-4 [overflow-anchor:none] sm:px-6"
        onKeyDown={onKeyDown}
        onFocus={({ target }) => {
          // The menu of a row has the focus outside of it.
          if (box.current?.contains(target)) setFocused(target.closest<HTMLElement>('[data-row]')?.dataset.row ?? null)
        }}
      >
        <div className="relative mx-auto max-w-[46rem]" style={{ height: virtual.getTotalSize() }}>
          {older && <PageButton side="older" pages={pages} className="top-6" words={t('chat.transcriptEarlier')} />}
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const row = rows[index]
            if (!row) return null
            return (
              <div
                key={key}
                ref={virtual.measureElement}
                data-index={index}
                data-marked={row.id === marked || undefined}
                className="absolute inset-x-0 before:-inset-3 before:-z-10 isolate before:absolute before:rounded-card before:transition-colors data-marked:before:bg-accent-soft"
                style={{ top: start }}
              >
                {beginsDay(rows[index - 1] ?? above, row) && <DayHeading at={row.at} />}
                <RawRow text={row.kind === 'saying' ? row.saying.content : row.message.content}>
                  {row.kind === 'saying' ? (
                    <SayingMessage
                      saying={row.saying}
                      online={online}
                      deeds={deeds}
                      position={size && size - (rows.length - 1 - index)}
                      total={size}
                    />
                  ) : (
                    <Message
                      row={row}
                      speaker={speakers(row.message.character_id)}
                      deeds={deeds}
                      editing={editing === row.id}
                      last={!newer && index === rows.length - 1}
                      total={size}
                      following={
                        total === null || row.position === null ? rows.length - 1 - index : total - row.position
                      }
                    />
                  )}
                </RawRow>
              </div>
            )
          })}
          {newer && <PageButton side="newer" pages={pages} className="bottom-4" words={t('chat.transcriptLater')} />}
        </div>
      </div>
      {(!following || newer) && (
        <Button
          className="absolute inset-x-0 bottom-3 mx-auto w-fit animate-fade rounded-full text-small shadow-float"
          onClick={toEnd}
        >
          <ArrowDown size={15} aria-hidden />
          {answering !== null
            ? t('chat.transcriptAnswering')
            : news > 0
              ? t('chat.transcriptNew', { n: news })
              : t('chat.transcriptToEnd')}
        </Button>
      )}
    </div>
  )
}

function PageButton({ side, pages, words, className }: { side: Side; pages: Pages; words: string; className: string }) {
  const t = useText()
  const loading = pages.loading === side
  return (
    <Button
      look="quiet"
      className={cx('absolute inset-x-0 mx-auto w-fit', className)}
      disabled={loading}
      onClick={() => pages.load(side)}
    >
      {loading ? t('chat.transcriptReading') : words}
    </Button>
  )
}

function DayHeading({ at }: { at: Date }) {
  return <h2 className="mb-8 text-center text-small text-soft">{dayHeading(at)}</h2>
}

/** The same speaker for the same character, so that a row is drawn again only when something about it has changed. */
function useSpeakers(speakerOf: (characterId: string | null) => Speaker) {
  return useMemo(() => {
    const known = new Map<string | null, Speaker>()
    return (characterId: string | null) => {
      const speaker = known.get(characterId) ?? speakerOf(characterId)
      known.set(characterId, speaker)
      return speaker
    }
  }, [speakerOf])
}

/** The row that was looked for, as long as it is marked. */
function useMarked(spot: Spot | null): string | null {
  const [over, setOver] = useState<Spot | null>(null)
  useEffect(() => {
    const timer = setTimeout(() => setOver(spot), MARKED_MS)
    return () => clearTimeout(timer)
  }, [spot])
  return spot !== null && spot.offset === undefined && spot !== over ? spot.row : null
}

function beginsDay(previous: Row | null, row: Row): boolean {
  return !previous || daysAgo(previous.at, row.at) > 0
}

function indexOf(rows: readonly Row[], id: string): number {
  return rows.findIndex((row) => row.id === id)
}

function elementOf(box: HTMLElement | null, row: string): HTMLElement | null | undefined {
  return box?.querySelector<HTMLElement>(`[data-row="${CSS.escape(row)}"]`)
}

function isWriting(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
}
