import { Archive, ArchiveRestore, MessageCircle, Trash2 } from 'lucide-react'
import { Link, useNavigate, useParams } from 'react-router'
import { useCharacter } from '../../shared/api/characters'
import type { Character } from '../../shared/api/wire'
import { Button, buttonClass } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Failure, Skeleton } from '../../shared/ui/states'
import { useNotify } from '../../shared/ui/toaster'
import { CharacterForm } from './character-form'
import { PortraitField } from './portrait-field'
import { useArchiveCharacter, useDeleteCharacter, useRestoreCharacter, useSaveCharacter } from './use-characters'

export function NewCharacterPage() {
  const navigate = useNavigate()
  const save = useSaveCharacter(null)
  return (
    <Page title="New character" lead="A name and first words are enough. The rest can follow.">
      <CharacterForm
        character={null}
        saving={save.isPending}
        problem={save.error}
        onSave={(fields, stored) =>
          save.mutate(fields, {
            onSuccess: ({ id }) => {
              stored()
              navigate(`/new?character=${id}`)
            },
          })
        }
      />
      <Refusal error={save.error} />
    </Page>
  )
}

export function EditCharacterPage() {
  const { id = '' } = useParams()
  const { data: character, error, isPending, refetch } = useCharacter(id)
  if (character) return <EditCharacter key={character.id} character={character} />
  return (
    <Page title="Character">
      {isPending && <Skeleton lines={8} />}
      {error && <Failure error={error} what="The character could not be read" onRetry={() => void refetch()} />}
    </Page>
  )
}

function EditCharacter({ character }: { character: Character }) {
  const navigate = useNavigate()
  const notify = useNotify()
  const save = useSaveCharacter(character)
  return (
    <Page
      title={character.name}
      lead={character.archived ? 'Archived: kept, with its chats, and not offered for new ones.' : undefined}
      actions={
        !character.archived && (
          <Link to={`/new?character=${character.id}`} className={buttonClass('plain')}>
            <MessageCircle size={18} aria-hidden />
            Talk
          </Link>
        )
      }
    >
      <PortraitField character={character} />
      <CharacterForm
        character={character}
        saving={save.isPending}
        problem={save.error}
        onSave={(fields, stored) =>
          save.mutate(fields, {
            onSuccess: () => {
              stored()
              notify.say('Saved')
              navigate('/gallery')
            },
          })
        }
      />
      <Refusal error={save.error} />
      <RemoveCharacter character={character} />
    </Page>
  )
}

function RemoveCharacter({ character }: { character: Character }) {
  const navigate = useNavigate()
  const notify = useNotify()
  const remove = useDeleteCharacter(character.id)
  const archive = useArchiveCharacter(character.id)
  const restore = useRestoreCharacter()
  const inUse = remove.error?.body.code === 'character_in_use'
  const setArchived = (archived: boolean) =>
    archive.mutate(archived, {
      onSuccess: () => {
        remove.reset()
        notify.say(archived ? `${character.name} is archived` : `${character.name} is back`)
      },
    })
  const trash = () =>
    remove.mutate(undefined, {
      onSuccess: () => {
        navigate('/gallery')
        notify.say(`${character.name} is in the trash`, () => restore.mutate(character.id))
      },
    })
  return (
    <section aria-label="Archive or delete" className="mt-10 grid gap-3 border-line border-t pt-6">
      <div className="flex flex-wrap gap-2">
        <Button look="quiet" disabled={archive.isPending} onClick={() => setArchived(!character.archived)}>
          {character.archived ? <ArchiveRestore size={18} aria-hidden /> : <Archive size={18} aria-hidden />}
          {character.archived ? 'Bring back' : 'Archive'}
        </Button>
        <Button look="danger" disabled={remove.isPending} onClick={trash}>
          <Trash2 size={18} aria-hidden />
          Delete
        </Button>
      </div>
      <Refusal error={remove.error ?? archive.error} />
      {inUse && !character.archived && (
        <Button className="justify-self-start" onClick={() => setArchived(true)}>
          Archive instead
        </Button>
      )}
    </section>
  )
}

function Refusal({ error }: { error: Error | null }) {
  if (!error) return null
  return (
    <p role="alert" className="mt-3 text-danger">
      {error.message}
    </p>
  )
}
