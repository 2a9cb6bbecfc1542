import { Plus } from 'lucide-react'
import { Link } from 'react-router'
import { useCharacters } from '../../shared/api/characters'
import type { Character } from '../../shared/api/wire'
import { plainText } from '../../shared/markdown/plain'
import { voiceStyle } from '../../shared/theme/voice'
import { buttonClass } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Portrait } from '../../shared/ui/portrait'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'

/** Everybody the reader knows. */
export function CharacterGallery() {
  const { data, error, isPending, refetch } = useCharacters()
  const present = data?.items.filter(({ archived }) => !archived) ?? []
  const archived = data?.items.filter((character) => character.archived) ?? []
  return (
    <Page
      title="Characters"
      lead="Everybody you can talk to."
      actions={
        <Link to="/characters/new" className={buttonClass('primary')}>
          <Plus size={18} aria-hidden />
          New character
        </Link>
      }
    >
      {isPending && <Skeleton lines={6} />}
      {error && <Failure error={error} what="The characters could not be read" onRetry={() => void refetch()} />}
      {data && data.items.length === 0 && <Empty>Nobody is here yet. A name and first words make a character.</Empty>}
      {present.length > 0 && <Cards characters={present} />}
      {archived.length > 0 && (
        <section className="mt-10">
          <h2 className="mb-4 font-semibold font-story text-title">Archived</h2>
          <Cards characters={archived} />
        </section>
      )}
    </Page>
  )
}

function Cards({ characters }: { characters: readonly Character[] }) {
  return (
    <ul className="grid gap-4 sm:grid-cols-2">
      {characters.map((character) => (
        <li
          key={character.id}
          style={voiceStyle(character.name)}
          className="flex flex-col gap-3 rounded-card border border-line bg-surface p-4"
        >
          <div className="flex min-w-0 items-center gap-3">
            <Portrait name={character.name} image={character.avatar_image} size="large" />
            <div className="min-w-0">
              <h2
                className="line-clamp-2 break-words font-semibold font-story text-title text-voice leading-tight"
                dir="auto"
              >
                {character.name}
              </h2>
              {character.tags.length > 0 && (
                <p className="truncate text-small text-soft">{character.tags.join(' · ')}</p>
              )}
            </div>
          </div>
          <p className="line-clamp-3 flex-1 font-story text-soft" dir="auto">
            {plainText(character.description || character.first_mes)}
          </p>
          <div className="flex gap-2">
            <Link
              to={`/new?character=${character.id}`}
              aria-label={`Talk to ${character.name}`}
              className={buttonClass('plain', 'font-semibold')}
            >
              Talk
            </Link>
            <Link
              to={`/characters/${character.id}`}
              aria-label={`Edit ${character.name}`}
              className={buttonClass('quiet')}
            >
              Edit
            </Link>
          </div>
        </li>
      ))}
    </ul>
  )
}
