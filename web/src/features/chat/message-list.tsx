import { ArrowDown } from 'lucide-react'
import { Fragment, type ReactNode, useEffect, useRef } from 'react'
import { dayHeading, daysAgo } from '../../shared/lib/time'
import { Button } from '../../shared/ui/button'
import { Message, type RowDeeds, SayingMessage, type Speaker } from './message'
import type { Row } from './rows'
import { useFollow } from './use-follow'
import { useNewSince } from './use-new-since'

interface MessageListProps {
  sessionId: string
  rows: readonly Row[]
  speakerOf: (characterId: string | null) => Speaker
  deeds: RowDeeds
  editing: string | null
  online: boolean
  older: { exist: boolean; loading: boolean; load: () => void }
  /** What stands above the first row. */
  opening?: ReactNode
}

export function MessageList({ sessionId, rows, speakerOf, deeds, editing, online, older, opening }: MessageListProps) {
  const box = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const loadOlder = () => older.exist && !older.loading && older.load()
  const { released, attach } = useFollow(box, content, sessionId, rows[0]?.id, loadOlder)
  const news = useNewSince(rows, released)

  const newestSaying = rows.findLast((row) => row.kind === 'saying')?.id
  useEffect(() => {
    if (newestSaying !== undefined) attach()
  }, [newestSaying, attach])

  return (
    <div className="relative min-h-0">
      <div
        ref={box}
        role="log"
        aria-live="off"
        aria-label="Transcript"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
        tabIndex={0}
        className="h-full overflow-y-auto overscroll-none px-4 pt-8 pb-6 [overflow-anchor:none] sm:px-6"
      >
        <div ref={content} className="mx-auto grid max-w-[46rem] grid-cols-[minmax(0,1fr)] gap-8">
          {older.exist && (
            <Button look="quiet" className="justify-self-center" disabled={older.loading} onClick={older.load}>
              {older.loading ? 'Reading…' : 'Earlier messages'}
            </Button>
          )}
          {opening}
          {rows.map((row, place) => (
            <Fragment key={row.id}>
              {beginsDay(rows[place - 1], row) && <DayHeading at={row.at} />}
              {row.kind === 'saying' ? (
                <SayingMessage saying={row.saying} online={online} deeds={deeds} />
              ) : (
                <Message
                  row={row}
                  speaker={speakerOf(row.message.character_id)}
                  deeds={deeds}
                  editing={editing === row.id}
                  last={place === rows.length - 1}
                  following={rows.length - 1 - place}
                />
              )}
            </Fragment>
          ))}
        </div>
      </div>
      {released && (
        <Button
          className="-translate-x-1/2 absolute bottom-3 left-1/2 animate-fade rounded-full text-small shadow-float"
          onClick={attach}
        >
          <ArrowDown size={15} aria-hidden />
          {news ? 'New messages' : 'To the end'}
        </Button>
      )}
    </div>
  )
}

function DayHeading({ at }: { at: Date }) {
  return <h2 className="text-center text-small text-soft">{dayHeading(at)}</h2>
}

function beginsDay(previous: Row | undefined, row: Row): boolean {
  return !previous || daysAgo(previous.at, row.at) > 0
}
