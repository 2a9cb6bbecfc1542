/** Bars and lines of our own. Shape and direct labels tell what is what, colour only repeats it. */

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
    <figure>
      <Ceiling>{written(most)}</Ceiling>
      <svg
        role="img"
        aria-label={title}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="h-36 w-full border-ink border-b rtl:-scale-x-100"
      >
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
      </svg>
      <Ends first={bars[0]?.label} last={bars.at(-1)?.label} />
    </figure>
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
    <figure>
      <Ceiling>{written(most)}</Ceiling>
      <svg
        role="img"
        aria-label={title}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="h-36 w-full overflow-visible border-ink border-b rtl:-scale-x-100"
      >
        {lines.map(({ name, values, dashed }) => (
          <path
            key={name}
            d={pathOf(values, step, most)}
            vectorEffect="non-scaling-stroke"
            strokeWidth={2}
            strokeLinecap="round"
            strokeDasharray={dashed ? '2 6' : undefined}
            className={dashed ? 'fill-none stroke-ink' : 'fill-none stroke-accent'}
          />
        ))}
      </svg>
      <Ends first={labels[0]} last={labels.at(-1)} />
      <ul className="mt-1 flex flex-wrap gap-x-5 text-small text-soft">
        {lines.map(({ name, dashed }) => (
          <li key={name} className="flex items-center gap-2">
            <svg aria-hidden viewBox="0 0 24 4" className="h-1 w-6">
              <path
                d="M1 2H23"
                strokeWidth={2}
                strokeLinecap="round"
                strokeDasharray={dashed ? '1 5' : undefined}
                className={dashed ? 'stroke-ink' : 'stroke-accent'}
              />
            </svg>
            {name}
          </li>
        ))}
      </ul>
    </figure>
  )
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

function Ceiling({ children }: { children: string }) {
  return <p className="border-line border-b border-dashed pb-0.5 text-small text-soft tabular-nums">{children}</p>
}

function Ends({ first, last }: { first: string | undefined; last: string | undefined }) {
  return (
    <figcaption className="mt-1 flex justify-between gap-4 text-small text-soft">
      <span className="truncate">{first}</span>
      {last !== first && <span className="truncate">{last}</span>}
    </figcaption>
  )
}
