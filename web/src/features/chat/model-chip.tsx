import { ChevronDown, Settings2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, useNavigate } from 'react-router'
import { useModels } from '../../shared/api/models'
import type { Model } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { Menu, MenuChoice, MenuItem, MenuLine } from '../../shared/ui/menu'

/** The small model that comes along, so that somebody answers before a real one is added. */
const DEMO_MODEL = 'smollm2'

interface ModelChipProps {
  model: Model | null
  onChoose: (id: string) => void
}

/** Who answers, beside the words that are sent to it. */
export function ModelChip({ model, onChoose }: ModelChipProps) {
  const t = useText()
  const { data } = useModels()
  const navigate = useNavigate()
  if (!data) return null
  const enabled = data.items.filter((candidate) => candidate.enabled)
  const name = model?.name ?? t('chat.noModel')
  return (
    <Menu
      side="top"
      trigger={
        <button
          type="button"
          aria-label={t('chat.model', { name })}
          className="flex min-h-8 min-w-0 items-center gap-1 rounded-control border border-line px-2.5 text-small text-soft hover:border-soft pointer-coarse:min-h-11"
        >
          <span className="truncate" dir="auto">
            {name}
          </span>
          <ChevronDown size={15} aria-hidden />
        </button>
      }
    >
      {enabled.length > 0 && (
        <>
          <MenuChoice
            label={t('chat.whoAnswers')}
            value={model?.id ?? ''}
            onChange={onChoose}
            options={enabled.map(({ id, name: label, model: note }) => ({ value: id, name: label, note }))}
          />
          <MenuLine />
        </>
      )}
      <MenuItem icon={Settings2} onSelect={() => navigate('/models')}>
        {t('chat.manageModels')}
      </MenuItem>
    </Menu>
  )
}

/** What the reader should know about the model before relying on it. */
export function ModelNote({ model, ready }: { model: Model | null; ready: boolean }) {
  const t = useText()
  const { isSuccess } = useModels()
  if (!isSuccess || !ready) return null
  if (model && !isDemo(model)) return null
  return (
    <p className="mx-auto max-w-[46rem] px-5 pt-2 text-center text-faint text-small sm:px-0">
      {model ? t.rich('chat.demoModel', { link: toModels }) : t.rich('chat.withoutModel', { link: toModels })}
    </p>
  )
}

function toModels(words: ReactNode) {
  return (
    <Link to="/models" className="text-accent underline underline-offset-2">
      {words}
    </Link>
  )
}

function isDemo(model: Model): boolean {
  return model.provider === 'local' && model.model === DEMO_MODEL
}
