/** Bars and lines of our own. Shape and direct labels tell what is what, colour only repeats it. */

import type { ReactNode } from 'react'
import { cx } from '../../shared/lib/class-names'

const WIDTH = 1_000
const HEIGHT = 100
/** Of the place that a bar has. */
const BAR_SHARE = 0.72

export interface Bar {
  key: string
  label: string
  /** The lower part, filled, and the upper part, outlined. */
  lower: number
  upper: number
}

interface BarsProps {
  /** What is plotted, in one sentence. */
  title: string
  bars: Bar[]
  written: (value: number) => string
}

/** One bar a place, from left to right as the language reads; the highest is labelled. */
export function Bars({ title, bars, written }: BarsProps) {
  const most = Math.max(...bars.map(({ lower, upper }) => lower + upper)) || 1
  const place = WIDTH / Math.max(bars.length, 1)
  const width = place * BAR_SHARE
  return (
    <Frame title={title} ceiling={written(most)} labels={bars.map(({ label }) => label)}>
      {bars.map(({ key, label, lower, upper }, index) => {
        const x = index * place + (place - width) / 2
        const low = (lower / most) * HEIGHT
        const high = (upper / most) * HEIGHT
        return (
          <g key={key}>
            <title>{`${label}: ${written(lower + upper)}`}</title>
            <rect x={x} y={HEIGHT - low} width={width} height={low} className="fill-accent" />
            <rect
              x={x}
              y={HEIGHT - low - high}
              width={width}
              height={high}
              className="fill-accent-soft stroke-accent"
              vectorEffect="non-scaling-stroke"
            />
          </g>
        )
      })}
    </Frame>
  )
}

export interface Line {
  name: string
  /** One a place; null: nothing was measured there. */
  values: (number | null)[]
  dashed?: boolean
}

interface LinesProps {
  title: string
  lines: Line[]
  labels: string[]
  written: (value: number) => string
}

/** Lines over the same places, each with its name at its end. */
export function Lines({ title, lines, labels, written }: LinesProps) {
  const most = Math.max(...lines.flatMap(({ values }) => values.map((value) => value ?? 0))) || 1
  const step = WIDTH / Math.max(labels.length - 1, 1)
  return (
    <Frame title={title} ceiling={written(most)} labels={labels} legend={<Legend lines={lines} />}>
      {lines.map(({ name, values, dashed = false }) => (
        <path
          key={name}
          d={pathOf(values, step, most)}
          vectorEffect="non-scaling-stroke"
          strokeDasharray={dashed ? '2 6' : undefined}
          {...penOf(dashed)}
        />
      ))}
    </Frame>
  )
}

function Legend({ lines }: { lines: Line[] }) {
  return (
    <ul className="mt-1 flex flex-wrap gap-x-5 text-small text-soft">
      {lines.map(({ name, dashed = false }) => (
        <li key={name} className="flex items-center gap-2">
          <svg aria-hidden viewBox="0 0 24 4" className="h-1 w-6">
            <path d="M1 2H23" strokeDasharray={dashed ? '1 5' : undefined} {...penOf(dashed)} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  )
}

function penOf(dashed: boolean) {
  return {
    strokeWidth: 2,
    strokeLinecap: 'round',
    className: cx('fill-none', dashed ? 'stroke-ink' : 'stroke-accent'),
  } as const
}

/** A line through what was measured; a lone point is a short stroke, so that it is seen. */
function pathOf(values: (number | null)[], step: number, most: number): string {
  const parts: string[] = []
  let pen = false
  for (const [place, value] of values.entries()) {
    if (value === null) pen = false
    else {
      const x = place * step
      const y = HEIGHT - (value / most) * HEIGHT
      parts.push(`${pen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}h0.1`)
      pen = true
    }
  }
  return parts.join('')
}

interface FrameProps {
  title: string
  /** What the upper edge stands for. */
  ceiling: string
  /** Of the places; the first and the last are told. */
  labels: string[]
  legend?: ReactNode
  children: ReactNode
}

function Frame({ title, ceiling, labels, legend, children }: FrameProps) {
  const [first] = labels
  const last = labels.at(-1)
  return (
    <figure>
      <p className="border-line border-b border-dashed pb-0.5 text-small text-soft tabular-nums">{ceiling}</p>
      <svg
        role="img"
        aria-label={title}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="h-36 w-full overflow-visible border-ink border-b rtl:-scale-x-100"
      >
        {children}
      </svg>
      <figcaption className="mt-1 flex justify-between gap-4 text-small text-soft">
        <span className="truncate">{first}</span>
        {last !== first && <span className="truncate">{last}</span>}
      </figcaption>
      {legend}
    </figure>
  )
}
