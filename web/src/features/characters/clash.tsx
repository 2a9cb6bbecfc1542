import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'
import { differing, FIELD, told } from './texts'
import type { CharacterFields } from './use-characters'

interface ClashProps {
  mine: CharacterFields
  theirs: Character
  saving: boolean
  onKeepMine: () => void
  onTakeTheirs: () => void
}

/** Somebody stored another version meanwhile: both, field by field, and the choice between them. */
export function Clash({ mine, theirs, saving, onKeepMine, onTakeTheirs }: ClashProps) {
  const t = useText()
  return (
    <section role="alert" className="mt-6 grid gap-4 rounded-card border border-warn bg-surface p-4">
      <div>
        <h2 className="font-semibold font-story text-title">{t('characters.clash')}</h2>
        <p className="text-soft">{t('characters.clashWords')}</p>
      </div>
      {differing(mine, theirs).map((name) => (
        <div key={name}>
          <h3 className="mb-1 font-semibold">{t(FIELD[name])}</h3>
          <dl className="grid gap-3 sm:grid-cols-2">
            <Side heading={t('characters.mine')} text={told(mine[name])} />
            <Side heading={t('characters.theirs')} text={told(theirs[name])} />
          </dl>
        </div>
      ))}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" disabled={saving} onClick={onKeepMine}>
          {t('characters.saveMine')}
        </Button>
        <Button onClick={onTakeTheirs}>{t('characters.takeTheirs')}</Button>
      </div>
    </section>
  )
}

function Side({ heading, text }: { heading: string; text: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-small text-soft">{heading}</dt>
      <dd className="max-h-48 overflow-y-auto whitespace-pre-wrap break-words rounded-control bg-sunken p-2" dir="auto">
        {text || '—'}
      </dd>
    </div>
  )
}
