import type { Hit } from '../../shared/api/search'

/** The place of the words in a text that was found, with the words marked. */
export function Snippet({ hit: { snippet, marks } }: { hit: Hit }) {
  return (
    <span dir="auto" className="line-clamp-3 break-words">
      {pieces(snippet, marks).map(({ from, text, marked }) =>
        marked ? (
          <mark key={from} className="rounded-[2px] bg-accent-soft text-ink underline decoration-accent">
            {text}
          </mark>
        ) : (
          text
        ),
      )}
    </span>
  )
}

/** `text` cut at its marks, which count code points. */
export function pieces(text: string, marks: Hit['marks']): { from: number; text: string; marked: boolean }[] {
  const points = Array.from(text)
  const ends = [0, ...marks.flat(), points.length]
  return ends
    .slice(0, -1)
    .map((from, place) => ({ from, text: points.slice(from, ends[place + 1]).join(''), marked: place % 2 === 1 }))
    .filter((piece) => piece.text !== '')
}
