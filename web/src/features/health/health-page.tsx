import { Check, CircleAlert, type LucideIcon, X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Health, WorkerHealth } from '../../shared/api/health'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { number } from '../../shared/lib/numbers'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { Time } from '../../shared/ui/time'
import { databaseWords, liveTextWords, span, type Verdict, verdict } from './health-words'
import { useHealth } from './use-health'

const TONES: Record<Verdict['tone'], { icon: LucideIcon; colour: string }> = {
  good: { icon: Check, colour: 'text-good' },
  warn: { icon: CircleAlert, colour: 'text-warn' },
  danger: { icon: X, colour: 'text-danger' },
}

/** Whether everything works, and what waits. */
export function HealthPage() {
  const t = useText()
  const { data, error, isPending, dataUpdatedAt, refetch } = useHealth()
  return (
    <Page title={t('health.title')} lead={t('health.lead')}>
      {isPending && <Skeleton lines={6} />}
      {error && !data && <Failure error={error} what={t('health.unread')} onRetry={() => void refetch()} />}
      {data && (
        <div className="grid gap-10">
          {error ? <Outdated since={new Date(dataUpdatedAt)} /> : <Summary verdict={verdict(t, data)} />}
          <Replies queue={data.parts.queue ?? null} />
          <Workers workers={data.parts.workers ?? null} />
          <Parts parts={data.parts} />
        </div>
      )}
    </Page>
  )
}

function Summary({ verdict: { tone, words } }: { verdict: Verdict }) {
  const { icon: Icon, colour } = TONES[tone]
  return (
    <p role="status" className="flex gap-2.5 text-story">
      <Icon size={18} aria-hidden className={cx('mt-1 shrink-0', colour)} />
      {words}
    </p>
  )
}

function Outdated({ since }: { since: Date }) {
  const t = useText()
  return (
    <p role="status" className="flex gap-2.5 text-story">
      <CircleAlert size={18} aria-hidden className="mt-1 shrink-0 text-warn" />
      <span>{t.rich('health.outdated', { when: <Time at={since} form="clock" /> })}</span>
    </p>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="mb-3 font-semibold font-story text-title">{title}</h2>
      {children}
    </section>
  )
}

function Replies({ queue }: { queue: Health['parts']['queue'] | null }) {
  const t = useText()
  return (
    <Section title={t('health.replies')}>
      <dl className="grid grid-cols-3 gap-x-4 border-line border-y py-4">
        <Figure name={t('health.running')}>{queue ? number(queue.running) : '–'}</Figure>
        <Figure name={t('health.queued')}>{queue ? number(queue.queued) : '–'}</Figure>
        <Figure name={t('health.longest')}>{queue?.queued ? span(t, queue.oldest_seconds) : '–'}</Figure>
      </dl>
    </Section>
  )
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-col-reverse justify-end">
      <dt className="text-small text-soft">{name}</dt>
      <dd className="text-display tabular-nums">{children}</dd>
    </div>
  )
}

function Workers({ workers }: { workers: WorkerHealth[] | null }) {
  const t = useText()
  return (
    <Section title={t('health.workers')}>
      {workers === null && <Empty>{t('health.workersUnknown')}</Empty>}
      {workers?.length === 0 && <Empty>{t('health.workersNone')}</Empty>}
      {workers && workers.length > 0 && (
        <table className="w-full border-line border-y text-start tabular-nums">
          <thead className="text-small text-soft">
            <tr className="border-line border-b [&>th]:py-2 [&>th]:pe-3 [&>th]:align-bottom [&>th]:font-normal">
              <th scope="col">{t('health.worker')}</th>
              <th scope="col">{t('health.writes')}</th>
              <th scope="col">{t('health.seen')}</th>
              <th scope="col" title={t('health.tookOverHint')}>
                {t('health.tookOver')}
              </th>
              <th scope="col" title={t('health.fencedHint')}>
                {t('health.fenced')}
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {workers.map((worker) => (
              <WorkerRow key={worker.id} worker={worker} />
            ))}
          </tbody>
        </table>
      )}
    </Section>
  )
}

function WorkerRow({ worker }: { worker: WorkerHealth }) {
  const t = useText()
  return (
    <tr className={cx('[&>*]:py-2.5 [&>*]:pe-3 [&>*]:align-top', worker.gone && 'text-soft')}>
      <th scope="row" className="font-normal">
        <span className="font-mono text-small">{worker.id}</span>
        {worker.gone && <State icon={CircleAlert}>{t('health.gone')}</State>}
        {!worker.gone && worker.draining && <State icon={CircleAlert}>{t('health.ending')}</State>}
      </th>
      <td>
        {t.rich('health.writesOf', {
          n: worker.running,
          most: worker.concurrency,
          of: (words) => <span className="text-small text-soft">{words}</span>,
        })}
      </td>
      <td>{t('health.ago', { span: span(t, worker.seen_seconds_ago) })}</td>
      <td>{number(worker.takeovers)}</td>
      <td>{number(worker.fenced)}</td>
    </tr>
  )
}

function State({ icon: Icon, children }: { icon: LucideIcon; children: string }) {
  return (
    <span className="flex items-center gap-1 text-small text-warn">
      <Icon size={13} aria-hidden />
      {children}
    </span>
  )
}

function Parts({ parts }: { parts: Health['parts'] }) {
  const t = useText()
  const open = parts.sockets?.open
  return (
    <Section title={t('health.node')}>
      <dl className="divide-y divide-line border-line border-y">
        <Part name={t('health.database')}>{databaseWords(t, parts)}</Part>
        <Part name={t('health.liveText')}>{liveTextWords(t, parts)}</Part>
        <Part name={t('health.connections')}>{typeof open === 'number' ? t('health.open', { n: open }) : '–'}</Part>
      </dl>
    </Section>
  )
}

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap gap-x-4 py-2.5">
      <dt className="w-28 shrink-0 text-soft">{name}</dt>
      <dd className="min-w-0 flex-1 basis-40">{children}</dd>
    </div>
  )
}
