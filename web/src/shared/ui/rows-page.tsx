import type { UseQueryResult } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import * as z from 'zod/mini'
import { useReturnedFocus } from '../lib/returned-focus'
import { useSearch } from '../lib/search-params'
import { buttonClass } from './button'
import { Page } from './page'
import { Empty, Failure, Skeleton } from './states'

/** The row whose form is open, or `new`. */
const SEARCH = z.object({ edit: z.catch(z.string(), '') })
const NEW = 'new'

interface RowsPageProps<Row> {
  title: string
  lead: string
  rows: UseQueryResult<{ items: Row[] }>
  /** Said when the rows cannot be read, and when there are none. */
  unread: string
  empty: string
  /** The words of the way to a new row; without them rows are made elsewhere. */
  create?: string
  card: (row: Row) => ReactNode
  /** Of a row, or null of a new one. */
  form: (row: Row | null, close: () => void) => ReactNode
  /** Below the rows. */
  children?: ReactNode
}

/** A page of rows as cards. A row is changed where it stands, by a form that has an address. */
export function RowsPage<Row extends { id: string }>({
  title,
  lead,
  rows: { data, error, isPending, refetch },
  unread,
  empty,
  create,
  card,
  form,
  children,
}: RowsPageProps<Row>) {
  const [{ edit }, change] = useSearch(SEARCH)
  useReturnedFocus(edit)
  const close = () => change({ edit: '' })
  const isMaking = create !== undefined && edit === NEW
  const wayToNew = create !== undefined && !isMaking && (
    <Link to={`?edit=${NEW}`} id={`edit-${NEW}`} className={buttonClass('primary')}>
      <Plus size={18} aria-hidden />
      {create}
    </Link>
  )
  return (
    <Page title={title} lead={lead} actions={data && data.items.length > 0 && wayToNew}>
      {isPending && <Skeleton lines={6} />}
      {error && <Failure error={error} what={unread} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && !isMaking && <Empty action={wayToNew}>{empty}</Empty>}
      <ul className="grid gap-3">
        {isMaking && <li>{form(null, close)}</li>}
        {data?.items.map((row) => (
          <li key={row.id}>{edit === row.id ? form(row, close) : card(row)}</li>
        ))}
      </ul>
      {children}
    </Page>
  )
}
