import { Plus } from 'lucide-react'
import { Link } from 'react-router'
import { useCharacters } from '../../shared/api/characters'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { useStarters } from '../../shared/lib/starters'
import { plainText } from '../../shared/markdown/plain'
import { voiceStyle } from '../../shared/theme/voice'
import { buttonClass } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Portrait } from '../../shared/ui/portrait'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'

/** Where every chat begins: somebody to talk to. */
export function WelcomePage() {
  const t = useText()
  const starters = useStarters()
  const { data, error, isPending, refetch } = useCharacters()
  const present = data?.items.filter(({ archived }) => !archived) ?? []
  return (
    <Page title={t('onboarding.title')} lead={t('onboarding.lead')}>
      {isPending && <Skeleton lines={9} />}
      {error && <Failure error={error} what={t('onboarding.unread')} onRetry={() => void refetch()} />}
      {data && present.length === 0 && (
        <Empty
          action={
            <Link to="/characters/new" className={buttonClass('primary')}>
              <Plus size={18} aria-hidden />
              {t('onboarding.newCharacter')}
            </Link>
          }
        >
          {t('onboarding.empty')}
        </Empty>
      )}
      <ul className="grid gap-4">
        {present.map((character, place) => (
          <CharacterCard key={character.id} character={character} starters={pairAt(place, starters)} />
        ))}
      </ul>
    </Page>
  )
}

function CharacterCard({ character, starters }: { character: Character; starters: string[] }) {
  const t = useText()
  const to = `/new?character=${character.id}`
  return (
    <li
      style={voiceStyle(character.name)}
      className="relative grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 rounded-card border border-line bg-surface p-4 transition-[border-color,box-shadow] hover:border-soft hover:shadow-float sm:gap-x-5 sm:p-5"
    >
      <Portrait name={character.name} image={character.avatar_image} size="large" />
      <div className="min-w-0">
        <h2 className="font-semibold font-story text-title">
          {/* The link's own area is the whole card; what else can be pressed lies above it. */}
          <Link to={to} className="text-voice after:absolute after:inset-0 after:rounded-card" dir="auto">
            {character.name}
          </Link>
        </h2>
        {character.first_mes && (
          <p className="mt-1 line-clamp-3 font-story text-story" dir="auto">
            {plainText(character.first_mes)}
          </p>
        )}
        <ul
          aria-label={t('onboarding.firstWords', { name: character.name })}
          className="relative mt-3 flex w-fit flex-wrap gap-2"
        >
          {starters.map((words) => (
            <li key={words}>
              <Link
                to={to}
                state={{ firstWords: words }}
                className={buttonClass('plain', 'min-h-8 rounded-card px-3 py-1 text-start text-small')}
              >
                {words}
              </Link>
            </li>
          ))}
        </ul>
      </div>
    </li>
  )
}

/** Two of the starters, another pair for each card. */
function pairAt(place: number, starters: string[]): string[] {
  return [...starters, ...starters].slice(place % starters.length).slice(0, 2)
}
