import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useText } from '../../shared/i18n/text'
import { IconButton } from '../../shared/ui/button'

interface SwipesProps {
  siblings: readonly string[]
  id: string
  /** Another one can be made by going right of the last. */
  canMake: boolean
  onSelect: (id: string) => void
  onMake: () => void
}

/** ‹ n of m ›: the alternatives of one place in the chat. */
export function Swipes({ siblings, id, canMake, onSelect, onMake }: SwipesProps) {
  const t = useText()
  const place = siblings.indexOf(id)
  const previous = siblings[place - 1]
  const next = siblings[place + 1]
  return (
    <span className="flex items-center">
      <IconButton
        icon={ChevronLeft}
        name={t('chat.previousVersion')}
        className="rtl:-scale-x-100"
        disabled={previous === undefined}
        onClick={() => previous !== undefined && onSelect(previous)}
      />
      <span className="whitespace-nowrap px-1 tabular-nums">
        {t('chat.versionOf', { n: place + 1, total: siblings.length })}
      </span>
      <IconButton
        icon={ChevronRight}
        name={next === undefined ? t('chat.newVersion') : t('chat.nextVersion')}
        className="rtl:-scale-x-100"
        disabled={next === undefined && !canMake}
        onClick={() => (next === undefined ? onMake() : onSelect(next))}
      />
    </span>
  )
}
