import { Archive, Plus, Trash2 } from 'lucide-react'
import { useMemo, useRef } from 'react'
import { Link } from 'react-router'
import { useCharacters } from '../../shared/api/characters'
import { useModels } from '../../shared/api/models'
import type { Session } from '../../shared/api/sessions'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { useSearch } from '../../shared/lib/search-params'
import { useVirtualRows } from '../../shared/lib/virtual-rows'
import { Button, buttonClass } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { HistoryFilters } from './history-filters'
import { HISTORY_COLUMNS, HistoryRow } from './history-row'
import { HISTORY, isFiltered, NO_FILTERS, queryOf } from './history-search'
import { type ManyDeed, type Progress, useProgress } from './many'
import { useManyDeeds } from './use-many-deeds'
import { type Selection, useSelection } from './use-selection'
import { useSessions } from './use-sessions'

const ROW_PX = 72
const NONE: readonly Session[] = []

/** Every chat: found, sorted, and put away many at a time. */
export function HistoryPage() {
  const t = useText()
  const box = useRef<HTMLDivElement>(null)
  const [filters, change] = useSearch(HISTORY)
  const sessions = useSessions(queryOf(filters))
  const { data: characters } = useCharacters()
  const { data: models } = useModels()
  const shown = sessions.data ?? NONE
  const ids = useMemo(() => shown.map(({ id }) => id), [shown])
  const selection = useSelection(ids)
  const { fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError } = sessions
  const { list, rows } = useVirtualRows({
    box,
    keys: ids,
    estimate: () => ROW_PX,
    onApproach: () => {
      if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage()
    },
  })

  return (
    <Page title={t('sessions.history')} lead={t('sessions.historyLead')} wide box={box}>
      <HistoryFilters filters={filters} onChange={change} />
      {sessions.isPending && <Skeleton lines={9} />}
      {sessions.error && !sessions.data && (
        <Failure error={sessions.error} what={t('sessions.unread')} onRetry={() => void sessions.refetch()} />
      )}
      {sessions.data && shown.length === 0 && (
        <Nothing filtered={isFiltered(filters)} onClear={() => change(NO_FILTERS)} />
      )}
      <Deeds selection={selection} any={shown.length > 0} />
      {shown.length > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: the rows of a table cannot lie where the virtual list puts them
        <div
          role="table"
          aria-label={t('sessions.history')}
          aria-rowcount={hasNextPage ? -1 : shown.length + 1}
          aria-busy={sessions.isPlaceholderData}
          className={cx('@container border-line border-y', sessions.isPlaceholderData && 'opacity-60')}
        >
          <Headings />
          {/* biome-ignore lint/a11y/useSemanticElements: as above */}
          <div role="rowgroup" {...list}>
            {rows.map(({ index, props }) => {
              const session = shown[index]
              if (!session) return null
              return (
                <HistoryRow
                  key={session.id}
                  session={session}
                  character={characters?.items.find(({ id }) => id === session.characterId) ?? null}
                  model={models?.items.find(({ id }) => id === session.modelId)?.name ?? null}
                  chosen={selection.has(session.id)}
                  onChoose={(range) => selection.toggle(session.id, range)}
                  place={{ ...props, 'aria-rowindex': index + 2 }}
                />
              )
            })}
          </div>
        </div>
      )}
      {hasNextPage && (
        <Button className="mt-4" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t(isFetchingNextPage ? 'sessions.reading' : 'sessions.more')}
        </Button>
      )}
    </Page>
  )
}

const HEADINGS: MessageKey[] = [
  'sessions.chat',
  'sessions.character',
  'sessions.model',
  'sessions.count',
  'sessions.last',
]

/** The names of the columns; cards have none to see. */
function Headings() {
  const t = useText()
  return (
    // biome-ignore-start lint/a11y: as the table that they belong to
    <div role="row" aria-rowindex={1} className={cx(HISTORY_COLUMNS, 'py-2 text-small text-soft @max-3xl:sr-only')}>
      <span role="columnheader">
        <span className="sr-only">{t('sessions.choice')}</span>
      </span>
      {HEADINGS.map((heading) => (
        <span key={heading} role="columnheader" className="last:text-end nth-[5]:text-end">
          {t(heading)}
        </span>
      ))}
    </div>
    // biome-ignore-end lint/a11y: as above
  )
}

/** Stays in sight, beside the button that shows the chats. */
const BAR =
  'sticky top-0 z-10 mb-2 flex min-h-12 flex-wrap items-center bg-paper py-2 group-data-[sidebar=hidden]/shell:ps-22'

/** What can be done to the chosen chats, and how far what is being done is. */
function Deeds({ selection, any }: { selection: Selection; any: boolean }) {
  const t = useText()
  const progress = useProgress()
  const deeds = useManyDeeds()
  const { chosen } = selection
  if (progress) return <InProgress progress={progress} />
  if (!any) return null
  return (
    <div className={cx(BAR, 'gap-x-2 gap-y-1')}>
      <Button look="quiet" className="-ms-3" onClick={selection.chooseAll}>
        {t('sessions.chooseAll')}
      </Button>
      {chosen.length > 0 && (
        <>
          <span className="font-semibold">{t('sessions.chosen', { n: chosen.length })}</span>
          <Button onClick={() => void deeds.archive(chosen)}>
            <Archive size={18} aria-hidden />
            {t('sessions.archive')}
          </Button>
          <Button look="danger" onClick={() => void deeds.remove(chosen)}>
            <Trash2 size={18} aria-hidden />
            {t('sessions.delete')}
          </Button>
          <Button look="quiet" onClick={selection.clear}>
            {t('sessions.chooseNone')}
          </Button>
        </>
      )}
    </div>
  )
}

const DOING: Record<ManyDeed, MessageKey> = {
  delete: 'sessions.deleting',
  archive: 'sessions.archiving',
  undo: 'sessions.undoing',
}

function InProgress({ progress: { deed, done, total, cancel } }: { progress: Progress }) {
  const t = useText()
  const words = t(DOING[deed], { done, total })
  return (
    <div className={cx(BAR, 'gap-3')}>
      <progress value={done} max={total} aria-label={words} className="h-2 w-40 accent-accent" />
      <span className="text-soft">{words}</span>
      <Button look="quiet" onClick={cancel}>
        {t('sessions.cancel')}
      </Button>
    </div>
  )
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const t = useText()
  if (filtered) {
    return (
      <Empty action={<Button onClick={onClear}>{t('sessions.clearAll')}</Button>}>{t('sessions.nothingFits')}</Empty>
    )
  }
  return (
    <Empty
      action={
        <Link to="/new" className={buttonClass('primary')}>
          <Plus size={18} aria-hidden />
          {t('sessions.begin')}
        </Link>
      }
    >
      {t('sessions.nothing')}
    </Empty>
  )
}
