import { useState } from 'react'
import type { Character } from '../../shared/api/wire'
import { locales } from '../../shared/i18n/language'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { Button } from '../../shared/ui/button'

/** So many of the tags stand there at once, those that most characters have. */
const AT_FIRST = 12

interface TagFilterProps {
  characters: readonly Character[]
  chosen: readonly string[]
  onChange: (chosen: string[]) => void
}

/** Tags of which a character must have every chosen one. */
export function TagFilter({ characters, chosen, onChange }: TagFilterProps) {
  const t = useText()
  const [all, setAll] = useState(false)
  const tags = byUse([...characters.flatMap((character) => character.tags), ...chosen])
  if (tags.length === 0) return null
  const shown = all ? tags : tags.filter((tag, place) => place < AT_FIRST || chosen.includes(tag))
  return (
    <fieldset className="mb-6 flex flex-wrap gap-2">
      <legend className="sr-only">{t('characters.tags')}</legend>
      {shown.map((tag) => {
        const pressed = chosen.includes(tag)
        return (
          <Button
            key={tag}
            aria-pressed={pressed}
            dir="auto"
            className={cx(
              'min-h-7 max-w-full truncate rounded-full px-3 py-0.5 text-small',
              pressed && 'border-accent bg-accent-soft font-semibold',
            )}
            onClick={() => onChange(pressed ? chosen.filter((one) => one !== tag) : [...chosen, tag])}
          >
            {tag}
          </Button>
        )
      })}
      {shown.length < tags.length && (
        <Button look="quiet" className="min-h-7 px-3 py-0.5 text-small" onClick={() => setAll(true)}>
          {t('characters.allTags', { n: tags.length })}
        </Button>
      )}
    </fieldset>
  )
}

function byUse(tags: readonly string[]): string[] {
  const uses = new Map<string, number>()
  for (const tag of tags) uses.set(tag, (uses.get(tag) ?? 0) + 1)
  const order = ([tag, n]: [string, number], [other, m]: [string, number]) =>
    m - n || tag.localeCompare(other, locales())
  return [...uses].toSorted(order).map(([tag]) => tag)
}
