import { MessageCircle } from 'lucide-react'
import { Link, useNavigate, useParams } from 'react-router'
import * as z from 'zod/mini'
import { useCharacter } from '../../shared/api/characters'
import type { Character } from '../../shared/api/wire'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { useSearch } from '../../shared/lib/search-params'
import { buttonClass } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Refusal } from '../../shared/ui/refusal'
import { Failure, Skeleton } from '../../shared/ui/states'
import { AboutCharacter } from './about-character'
import { CharacterForm } from './character-form'
import { EditCharacter } from './edit-character'
import { Revisions } from './revisions'
import { useCreateCharacter } from './use-characters'

export function NewCharacterPage() {
  const t = useText()
  const navigate = useNavigate()
  const create = useCreateCharacter()
  return (
    <Page title={t('characters.newCharacter')} lead={t('characters.newLead')}>
      <CharacterForm
        character={null}
        saving={create.isPending}
        problem={create.error}
        onSave={(fields, stored) =>
          create.mutate(fields, {
            onSuccess: ({ id }) => {
              stored()
              navigate(`/new?character=${id}`)
            },
          })
        }
      />
      <Refusal error={create.error} className="mt-3" />
    </Page>
  )
}

const TABS = ['about', 'edit', 'versions'] as const
type Tab = (typeof TABS)[number]
const TAB: Record<Tab, MessageKey> = {
  about: 'characters.about',
  edit: 'characters.edit',
  versions: 'characters.versions',
}
const CHARACTER = z.object({ tab: z.catch(z.enum(TABS), 'about') })

/** One character: to read, to change, and as it was. */
export function CharacterPage() {
  const t = useText()
  const { id = '' } = useParams()
  const { data: character, error, isPending, refetch } = useCharacter(id)
  if (character) return <Present key={character.id} character={character} />
  return (
    <Page title={t('characters.character')}>
      {isPending && <Skeleton lines={8} />}
      {error && <Failure error={error} what={t('characters.unread')} onRetry={() => void refetch()} />}
    </Page>
  )
}

function Present({ character }: { character: Character }) {
  const t = useText()
  const [{ tab }] = useSearch(CHARACTER)
  return (
    <Page
      title={character.name}
      lead={character.archived ? t('characters.isArchived') : undefined}
      actions={
        !character.archived && (
          <Link to={`/new?character=${character.id}`} className={buttonClass('primary')}>
            <MessageCircle size={18} aria-hidden />
            {t('characters.talk')}
          </Link>
        )
      }
    >
      <nav aria-label={t('characters.views')} className="-mt-2 mb-8 flex gap-6 border-line border-b">
        {TABS.map((name) => (
          <Link
            key={name}
            to={name === 'about' ? '.' : `?tab=${name}`}
            aria-current={tab === name ? 'page' : undefined}
            className={cx(
              '-mb-px border-b-2 py-2 pointer-coarse:py-3',
              tab === name ? 'border-accent font-semibold' : 'border-transparent text-soft hover:text-ink',
            )}
          >
            {t(TAB[name])}
          </Link>
        ))}
      </nav>
      {tab === 'about' && <AboutCharacter character={character} />}
      {tab === 'edit' && <EditCharacter character={character} />}
      {tab === 'versions' && <Revisions character={character} />}
    </Page>
  )
}
