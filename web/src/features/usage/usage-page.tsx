import { Download } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import * as z from 'zod/mini'
import type { MessageKey } from '../../shared/i18n/keys'
import { type Text, useText } from '../../shared/i18n/text'
import { number } from '../../shared/lib/numbers'
import { useSearch } from '../../shared/lib/search-params'
import { dayHeading } from '../../shared/lib/time'
import { buttonClass } from '../../shared/ui/button'
import { Choice } from '../../shared/ui/choice'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { Bars, Lines } from './plots'
import { type By, csvAddress, everyDay, type UsageItem, type UsageReport, useUsage } from './use-usage'

const SPANS = ['7', '30', '90', 'all'] as const

const search = z.object({
  by: z.catch(z.enum(['day', 'model', 'character']), 'day'),
  span: z.catch(z.enum(SPANS), '30'),
})

const BY: { value: By; name: MessageKey }[] = [
  { value: 'day', name: 'usage.byDay' },
  { value: 'model', name: 'usage.byModel' },
  { value: 'character', name: 'usage.byCharacter' },
]

const SPAN: Record<(typeof SPANS)[number], MessageKey> = {
  '7': 'usage.week',
  '30': 'usage.month',
  '90': 'usage.quarter',
  all: 'usage.all',
}

/** What replies consumed and how long they took. */
export function UsagePage() {
  const t = useText()
  const [{ by, span }, change] = useSearch(search)
  const wanted = { by, days: span === 'all' ? null : Number(span) }
  const { data, error, isPending, refetch } = useUsage(wanted)
  return (
    <Page
      title={t('usage.title')}
      lead={t('usage.lead')}
      actions={
        <a href={csvAddress(wanted)} download="usage.csv" className={buttonClass('plain')}>
          <Download size={18} aria-hidden />
          {t('usage.csv')}
        </a>
      }
    >
      <div className="mb-8 flex flex-wrap gap-x-8 gap-y-4">
        <Choice
          label={t('usage.by')}
          value={by}
          options={BY.map(({ value, name }) => ({ value, name: t(name) }))}
          onChange={(value) => change({ by: value })}
        />
        <Choice
          label={t('usage.span')}
          value={span}
          options={SPANS.map((value) => ({ value, name: t(SPAN[value]) }))}
          onChange={(value) => change({ span: value })}
        />
      </div>
      {isPending && <Skeleton lines={8} />}
      {error && <Failure error={error} what={t('usage.unread')} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && (
        <Empty
          action={
            <Link to="/new" className={buttonClass('primary')}>
              {t('usage.begin')}
            </Link>
          }
        >
          {t('usage.empty')}
        </Empty>
      )}
      {data && data.items.length > 0 && <Report report={data} by={by} />}
    </Page>
  )
}

function Report({ report, by }: { report: UsageReport; by: By }) {
  const t = useText()
  const places = by === 'day' ? everyDay(report.items) : report.items.map((item) => ({ key: item.key, item }))
  const used = places.map(({ key, item }) => ({ key, item, label: labelOf(t, by, key, item?.label) }))
  const priced = report.items.some(({ cost }) => cost !== null)
  return (
    <div className="grid gap-10">
      <Plot title={t('usage.tokens')} hint={t('usage.tokensHint')}>
        <Bars
          title={t('usage.tokensPlot')}
          written={(n) => number(n)}
          bars={used.map(({ key, label, item }) => ({
            key,
            label,
            lower: item?.completion_tokens ?? 0,
            upper: item?.prompt_tokens ?? 0,
          }))}
        />
      </Plot>
      {priced && (
        <Plot title={t('usage.cost')}>
          <Bars
            title={t('usage.costPlot')}
            written={dollars}
            bars={used.map(({ key, label, item }) => ({ key, label, lower: item?.cost ?? 0, upper: 0 }))}
          />
        </Plot>
      )}
      <Plot title={t('usage.firstWord')} hint={t('usage.firstWordHint')}>
        {by === 'day' ? (
          <Lines
            title={t('usage.firstWordPlot')}
            written={(ms) => seconds(t, ms)}
            labels={used.map(({ label }) => label)}
            lines={[
              { name: t('usage.half'), values: used.map(({ item }) => item?.first_token_ms?.p50 ?? null) },
              {
                name: t('usage.most'),
                values: used.map(({ item }) => item?.first_token_ms?.p95 ?? null),
                dashed: true,
              },
            ]}
          />
        ) : (
          <Bars
            title={t('usage.firstWordPlot')}
            written={(ms) => seconds(t, ms)}
            bars={used.map(({ key, label, item }) => ({
              key,
              label,
              lower: item?.first_token_ms?.p50 ?? 0,
              upper: (item?.first_token_ms?.p95 ?? 0) - (item?.first_token_ms?.p50 ?? 0),
            }))}
          />
        )}
      </Plot>
      <Figures report={report} by={by} priced={priced} />
    </div>
  )
}

function Plot({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="font-semibold font-story text-title">{title}</h2>
      {hint && <p className="mb-2 text-small text-soft">{hint}</p>}
      {children}
    </section>
  )
}

interface FiguresProps {
  report: UsageReport
  by: By
  priced: boolean
}

/** All figures that the plots show, and those that they do not. */
function Figures({ report: { items, totals }, by, priced }: FiguresProps) {
  const t = useText()
  const name = BY.find(({ value }) => value === by)?.name ?? 'usage.byDay'
  return (
    <div>
      <h2 className="mb-3 font-semibold font-story text-title">{t('usage.figures')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="overflow-x-auto" tabIndex={0} aria-label={t('usage.figures')}>
        <table className="w-full border-line border-y text-end tabular-nums [&_td]:py-2 [&_td]:ps-4 [&_th]:py-2 [&_th]:font-normal">
          <thead className="text-small text-soft">
            <tr className="border-line border-b [&>th]:ps-4 [&>th]:align-bottom">
              <th scope="col" className="ps-0! text-start">
                {t(name)}
              </th>
              <th scope="col">{t('usage.replies')}</th>
              <th scope="col">{t('usage.promptTokens')}</th>
              <th scope="col">{t('usage.answerTokens')}</th>
              {priced && <th scope="col">{t('usage.cost')}</th>}
              <th scope="col">{t('usage.firstWord')}</th>
              <th scope="col">{t('usage.whole')}</th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {items.map((item) => (
              <FigureRow key={item.key} label={labelOf(t, by, item.key, item.label)} item={item} priced={priced} />
            ))}
          </tbody>
          <tfoot className="border-ink border-t font-semibold">
            <FigureRow label={t('usage.together')} item={totals} priced={priced} />
          </tfoot>
        </table>
      </section>
    </div>
  )
}

interface FigureRowProps {
  label: string
  item: Omit<UsageItem, 'key' | 'label'>
  priced: boolean
}

function FigureRow({ label, item, priced }: FigureRowProps) {
  const t = useText()
  return (
    <tr>
      <th scope="row" className="max-w-64 break-words text-start">
        <span className="block" dir="auto">
          {label}
        </span>
      </th>
      <td>{number(item.replies)}</td>
      <td>{number(item.prompt_tokens)}</td>
      <td>{number(item.completion_tokens)}</td>
      {priced && <td>{item.cost === null ? '–' : dollars(item.cost)}</td>}
      <td>{item.first_token_ms ? seconds(t, item.first_token_ms.p50) : '–'}</td>
      <td>{item.total_ms ? seconds(t, item.total_ms.p50) : '–'}</td>
    </tr>
  )
}

function labelOf(t: Text, by: By, key: string, name: string | undefined): string {
  if (by === 'day') return dayHeading(new Date(`${key}T12:00`))
  return name || t('usage.nobody')
}

function seconds(t: Text, milliseconds: number): string {
  const digits = milliseconds < 10_000 ? 1 : 0
  const value = number(milliseconds / 1_000, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return t('usage.seconds', { value })
}

/** Replies cost fractions of a cent: two digits that count. */
function dollars(value: number): string {
  const digits = value < 1 ? { minimumSignificantDigits: 2, maximumSignificantDigits: 2 } : {}
  return number(value, { style: 'currency', currency: 'USD', ...digits })
}
