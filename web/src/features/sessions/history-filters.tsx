import { Search, X } from 'lucide-react'
import { type ReactNode, useEffect, useEffectEvent, useState } from 'react'
import { useCharacter, useCharacters } from '../../shared/api/characters'
import { useModels } from '../../shared/api/models'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'
import { RowOptions } from '../../shared/ui/row-options'
import { type HistorySearch, isFiltered, NO_FILTERS, ORDERS, STATES } from './history-search'

/** The reader types on until this long after a key. */
const PAUSE_MS = 250

const CONTROL =
  'min-h-9 w-full min-w-0 rounded-control border border-soft/60 bg-surface px-2 py-1 text-base text-ink hover:border-soft pointer-coarse:min-h-11'

const STATE: Record<HistorySearch['state'], MessageKey> = {
  any: 'sessions.stateAny',
  active: 'sessions.stateActive',
  archived: 'sessions.stateArchived',
  pinned: 'sessions.statePinned',
  unread: 'sessions.stateUnread',
  answering: 'sessions.stateAnswering',
}

const ORDER: Record<HistorySearch['order'], MessageKey> = {
  newest: 'sessions.orderNewest',
  oldest: 'sessions.orderOldest',
  begun: 'sessions.orderBegun',
  title: 'sessions.orderTitle',
  longest: 'sessions.orderLongest',
}

interface HistoryFiltersProps {
  filters: HistorySearch
  onChange: (changed: Partial<HistorySearch>) => void
}

export function HistoryFilters({ filters, onChange }: HistoryFiltersProps) {
  const t = useText()
  const { data: models } = useModels()
  return (
    <search aria-label={t('sessions.filters')} className="mb-6 grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
      <Words words={filters.q} onChange={(q) => onChange({ q })} />
      <CharacterChoice chosen={filters.character} onChange={(character) => onChange({ character })} />
      <Labelled label={t('sessions.model')}>
        <select className={CONTROL} value={filters.model} onChange={(event) => onChange({ model: event.target.value })}>
          <option value="">{t('sessions.anyModel')}</option>
          <RowOptions rows={models?.items} />
        </select>
      </Labelled>
      <Labelled label={t('sessions.from')}>
        <input
          type="date"
          className={CONTROL}
          value={filters.from}
          max={filters.to || undefined}
          onChange={(event) => onChange({ from: event.target.value })}
        />
      </Labelled>
      <Labelled label={t('sessions.to')}>
        <input
          type="date"
          className={CONTROL}
          value={filters.to}
          min={filters.from || undefined}
          onChange={(event) => onChange({ to: event.target.value })}
        />
      </Labelled>
      <Labelled label={t('sessions.state')}>
        <Choice names={STATES} words={STATE} chosen={filters.state} onChange={(state) => onChange({ state })} />
      </Labelled>
      <Labelled label={t('sessions.order')}>
        <Choice names={ORDERS} words={ORDER} chosen={filters.order} onChange={(order) => onChange({ order })} />
      </Labelled>
      {isFiltered(filters) && (
        <div className="col-span-full">
          <Button look="quiet" className="-ms-3" onClick={() => onChange(NO_FILTERS)}>
            <X size={18} aria-hidden />
            {t('sessions.clearFilters')}
          </Button>
        </div>
      )}
    </search>
  )
}

/** What is typed is asked for after a pause; what the address says meanwhile by itself (back, clear) stands at once. */
function Words({ words, onChange }: { words: string; onChange: (words: string) => void }) {
  const t = useText()
  const [typed, setTyped] = useState(words)
  const [known, setKnown] = useState(words)
  if (words !== known) {
    setKnown(words)
    setTyped(words)
  }
  const ask = useEffectEvent(() => {
    if (typed === words) return
    setKnown(typed)
    onChange(typed)
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: each key begins the pause anew
  useEffect(() => {
    const timer = setTimeout(() => ask(), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <div className="relative col-span-full">
      <Search
        size={18}
        aria-hidden
        className="pointer-events-none absolute start-3 top-1/2 -translate-y-1/2 text-soft"
      />
      <input
        type="search"
        aria-label={t('sessions.search')}
        placeholder={t('sessions.searchHint')}
        maxLength={200}
        dir="auto"
        className="min-h-11 w-full rounded-control border border-soft/60 bg-surface ps-10 pe-3 hover:border-soft"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </div>
  )
}

function CharacterChoice({ chosen, onChange }: { chosen: string; onChange: (id: string) => void }) {
  const t = useText()
  const { data: characters } = useCharacters()
  // The list is not endless; who is chosen by the address stands in it in any case.
  const { data: one } = useCharacter(chosen || null)
  const listed = characters?.items ?? []
  const all = one && !listed.some(({ id }) => id === one.id) ? [one, ...listed] : listed
  return (
    <Labelled label={t('sessions.character')}>
      <select className={CONTROL} value={chosen} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t('sessions.anyCharacter')}</option>
        <RowOptions rows={all} />
      </select>
    </Labelled>
  )
}

interface ChoiceProps<Name extends string> {
  names: readonly Name[]
  words: Record<Name, MessageKey>
  chosen: Name
  onChange: (name: Name) => void
}

function Choice<Name extends string>({ names, words, chosen, onChange }: ChoiceProps<Name>) {
  const t = useText()
  return (
    <select className={CONTROL} value={chosen} onChange={(event) => onChange(event.target.value as Name)}>
      {names.map((name) => (
        <option key={name} value={name}>
          {t(words[name])}
        </option>
      ))}
    </select>
  )
}

function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is what is given
    <label className="grid min-w-0 content-start gap-1 text-small text-soft">
      {label}
      {children}
    </label>
  )
}
