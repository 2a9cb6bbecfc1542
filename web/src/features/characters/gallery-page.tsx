import { Plus } from 'lucide-react'
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react'
import { Link } from 'react-router'
import * as z from 'zod/mini'
import type { Character } from '../../shared/api/wire'
import type { MessageKey } from '../../shared/i18n/keys'
import { locales } from '../../shared/i18n/language'
import { useText } from '../../shared/i18n/text'
import { useSearch } from '../../shared/lib/search-params'
import { useVirtualRows } from '../../shared/lib/virtual-rows'
import { Button, buttonClass } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { CharacterCard } from './character-card'
import { TagFilter } from './tag-filter'
import { useEveryCharacter } from './use-characters'

const NOBODY: readonly Character[] = []
const NARROWEST_CARD_PX = 168
const GAP_PX = 20
/** Below the picture: the name on two lines, the tags, what can be done. */
const WORDS_PX = 132

const ORDERS = ['changed', 'name', 'made'] as const
type Order = (typeof ORDERS)[number]
const ORDER: Record<Order, MessageKey> = {
  changed: 'characters.orderChanged',
  name: 'characters.orderName',
  made: 'characters.orderMade',
}

const GALLERY = z.object({
  tags: z.catch(z.array(z.string()), []),
  order: z.catch(z.enum(ORDERS), 'changed'),
  show: z.catch(z.enum(['present', 'archived']), 'present'),
})

/** Everybody the reader knows. */
export function CharacterGallery() {
  const t = useText()
  const box = useRef<HTMLDivElement>(null)
  const [{ tags, order, show }, change] = useSearch(GALLERY)
  const { data, error, isPending, refetch } = useEveryCharacter(show === 'archived')
  const all = data ?? NOBODY
  const shown = useMemo(() => {
    const fitting = all.filter((character) => tags.every((tag) => character.tags.includes(tag)))
    return inOrder(fitting, order)
  }, [all, tags, order])
  return (
    <Page
      title={t('characters.gallery')}
      lead={t('characters.galleryLead')}
      wide
      box={box}
      actions={
        <Link to="/characters/new" className={buttonClass('primary')}>
          <Plus size={18} aria-hidden />
          {t('characters.newCharacter')}
        </Link>
      }
    >
      <div className="mb-4 flex flex-wrap items-center gap-x-5 gap-y-2">
        <label className="flex items-center gap-2 text-small text-soft">
          {t('characters.order')}
          <select
            className="min-h-9 rounded-control border border-soft/60 bg-surface px-2 text-base text-ink hover:border-soft pointer-coarse:min-h-11"
            value={order}
            onChange={(event) => change({ order: event.target.value as Order })}
          >
            {ORDERS.map((name) => (
              <option key={name} value={name}>
                {t(ORDER[name])}
              </option>
            ))}
          </select>
        </label>
        <label className="flex min-h-9 items-center gap-2 pointer-coarse:min-h-11">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={show === 'archived'}
            onChange={(event) => change({ show: event.target.checked ? 'archived' : 'present', tags: [] })}
          />
          {t('characters.archivedOnes')}
        </label>
      </div>
      <TagFilter characters={all} chosen={tags} onChange={(chosen) => change({ tags: chosen })} />
      {isPending && <Skeleton lines={6} />}
      {error && !data && <Failure error={error} what={t('characters.allUnread')} onRetry={() => void refetch()} />}
      {data && shown.length === 0 && (
        <Nobody filtered={tags.length > 0} archived={show === 'archived'} onClear={() => change({ tags: [] })} />
      )}
      {shown.length > 0 && <Cards characters={shown} box={box} />}
    </Page>
  )
}

interface NobodyProps {
  filtered: boolean
  archived: boolean
  onClear: () => void
}

function Nobody({ filtered, archived, onClear }: NobodyProps) {
  const t = useText()
  if (filtered) {
    return (
      <Empty action={<Button onClick={onClear}>{t('characters.clearTags')}</Button>}>
        {t('characters.nobodyFits')}
      </Empty>
    )
  }
  return <Empty>{t(archived ? 'characters.nobodyArchived' : 'characters.nobody')}</Empty>
}

interface CardsProps {
  characters: readonly Character[]
  box: RefObject<HTMLDivElement | null>
}

/** A grid of which only the rows in sight are there, and so their pictures alone are decoded. */
function Cards({ characters, box }: CardsProps) {
  const place = useRef<HTMLDivElement>(null)
  const width = useWidth(place)
  const columns = Math.max(2, Math.floor((width + GAP_PX) / (NARROWEST_CARD_PX + GAP_PX)))
  const card = (width - GAP_PX * (columns - 1)) / columns
  const lines = useMemo(() => linesOf(characters, columns), [characters, columns])
  const { list, rows } = useVirtualRows({
    box,
    keys: useMemo(() => lines.map(([first]) => first?.id ?? ''), [lines]),
    estimate: () => (card * 4) / 3 + WORDS_PX,
    gap: GAP_PX,
    overscan: 1,
  })
  return (
    <div ref={place}>
      <div {...list}>
        {rows.map(({ index, props }) => (
          <ul
            key={index}
            {...props}
            style={{
              ...props.style,
              display: 'grid',
              gap: GAP_PX,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            }}
          >
            {lines[index]?.map((character) => (
              <CharacterCard key={character.id} character={character} />
            ))}
          </ul>
        ))}
      </div>
    </div>
  )
}

function linesOf(characters: readonly Character[], columns: number): (readonly Character[])[] {
  const count = Math.ceil(characters.length / columns)
  return Array.from({ length: count }, (_, line) => characters.slice(line * columns, (line + 1) * columns))
}

function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const measured = element.current
    if (!measured) return
    const size = new ResizeObserver(() => setWidth(measured.offsetWidth))
    setWidth(measured.offsetWidth)
    size.observe(measured)
    return () => size.disconnect()
  }, [element])
  return width
}

function inOrder(characters: readonly Character[], order: Order): readonly Character[] {
  if (order === 'name') return characters.toSorted((one, other) => one.name.localeCompare(other.name, locales()))
  if (order === 'made') return characters.toSorted((one, other) => other.created_at.localeCompare(one.created_at))
  return characters
}
