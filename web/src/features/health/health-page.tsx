import { Check, CircleAlert, type LucideIcon, X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Health, WorkerHealth } from '../../shared/api/health'
import { cx } from '../../shared/lib/class-names'
import { exactTime, timeOfDay } from '../../shared/lib/time'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { databaseWords, isLost, liveTextWords, span, type Verdict, verdict } from './health-words'
import { useHealth } from './use-health'

const TONES: Record<Verdict['tone'], { icon: LucideIcon; colour: string }> = {
  good: { icon: Check, colour: 'text-good' },
  warn: { icon: CircleAlert, colour: 'text-warn' },
  danger: { icon: X, colour: 'text-danger' },
}

/** Whether everything works, and what waits. */
export function HealthPage() {
  const { data, error, isPending, dataUpdatedAt, refetch } = useHealth()
  return (
    <Page title="Health" lead="How the parts of this installation are. Looked at again every few seconds.">
      {isPending && <Skeleton lines={6} />}
      {error && !data && (
        <Failure error={error} what="Nothing can be said about the server" onRetry={() => void refetch()} />
      )}
      {data && (
        <div className="grid gap-10">
          {error ? <Outdated since={new Date(dataUpdatedAt)} /> : <Summary verdict={verdict(data)} />}
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
  return (
    <p role="status" className="flex gap-2.5 text-story">
      <CircleAlert size={18} aria-hidden className="mt-1 shrink-0 text-warn" />
      <span>
        The server does not answer. This is how things were at{' '}
        <time dateTime={since.toISOString()} title={exactTime(since)}>
          {timeOfDay(since)}
        </time>
        .
      </span>
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
  return (
    <Section title="Replies">
      <dl className="grid grid-cols-3 gap-x-4 border-line border-y py-4">
        <Figure name="being written">{queue?.running ?? '–'}</Figure>
        <Figure name="waiting">{queue?.queued ?? '–'}</Figure>
        <Figure name="longest wait">{queue?.queued ? span(queue.oldest_seconds) : '–'}</Figure>
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
  return (
    <Section title="Workers">
      {workers === null && <Empty>Nobody knows: the database tells, and it is away.</Empty>}
      {workers?.length === 0 && <Empty>None. A worker writes the replies; start one with “causerie worker”.</Empty>}
      {workers && workers.length > 0 && (
        <table className="w-full border-line border-y text-left tabular-nums">
          <thead className="text-small text-soft">
            <tr className="border-line border-b [&>th]:py-2 [&>th]:pr-3 [&>th]:align-bottom [&>th]:font-normal">
              <th scope="col">Worker</th>
              <th scope="col">Writes</th>
              <th scope="col">Seen</th>
              <th scope="col" title="Replies that it continued after another worker was lost">
                Took over
              </th>
              <th scope="col" title="Writes that came too late: somebody else had taken the reply over">
                Fenced
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
  const lost = isLost(worker)
  return (
    <tr className="[&>*]:py-2.5 [&>*]:pr-3 [&>*]:align-top">
      <th scope="row" className="font-normal">
        <span className="font-mono text-small">{worker.id}</span>
        {lost && <State icon={CircleAlert}>lost</State>}
        {!lost && worker.draining && <State icon={CircleAlert}>is ending</State>}
      </th>
      <td>
        {worker.running} <span className="text-small text-soft">of {worker.concurrency}</span>
      </td>
      <td>{span(worker.seen_seconds_ago)} ago</td>
      <td>{worker.takeovers}</td>
      <td>{worker.fenced}</td>
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
  const open = parts.sockets?.open
  return (
    <Section title="This node">
      <dl className="divide-y divide-line border-line border-y">
        <Part name="Database">{databaseWords(parts)}</Part>
        <Part name="Live text">{liveTextWords(parts)}</Part>
        <Part name="Connections">{typeof open === 'number' ? `${open} open` : '–'}</Part>
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
