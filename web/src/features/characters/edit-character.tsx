import { useState } from 'react'
import { useNavigate } from 'react-router'
import { getCharacter } from '../../shared/api/characters'
import { Problem } from '../../shared/api/problem'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { Refusal } from '../../shared/ui/refusal'
import { useNotify } from '../../shared/ui/toaster'
import { CharacterForm } from './character-form'
import { Clash } from './clash'
import { PortraitField } from './portrait-field'
import { changedFields } from './texts'
import { type CharacterFields, useChangeCharacter } from './use-characters'

/** What the reader wanted to store, and how to say that it is. */
interface Wanted {
  mine: CharacterFields
  stored: () => void
}

/** The form begins with what was stored when it was opened; a newer version never takes away what was typed. */
export function EditCharacter({ character }: { character: Character }) {
  const t = useText()
  const navigate = useNavigate()
  const notify = useNotify()
  const [base, setBase] = useState(character)
  const [version, setVersion] = useState(character.version)
  const [clash, setClash] = useState<(Wanted & { theirs: Character }) | null>(null)
  const change = useChangeCharacter(character.id)

  async function compare(wanted: Wanted) {
    try {
      setClash({ ...wanted, theirs: await getCharacter(character.id) })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      notify.alert(error.message)
    }
  }

  function save(wanted: Wanted, over: number) {
    change.mutate(
      { version: over, fields: changedFields(wanted.mine, base) },
      {
        onSuccess: () => {
          wanted.stored()
          notify.say(t('characters.saved'))
          navigate(`/characters/${character.id}`)
        },
        onError: ({ body }) => body.status === 412 && compare(wanted),
      },
    )
  }

  return (
    <>
      <PortraitField
        character={character}
        // The picture alone has made this version, unless somebody else made one before it.
        onStored={(stored) => stored.version === version + 1 && setVersion(stored.version)}
      />
      <CharacterForm
        key={base.version}
        character={base}
        saving={change.isPending}
        problem={change.error}
        onSave={(mine, stored) => save({ mine, stored }, version)}
      />
      {clash ? (
        <Clash
          mine={clash.mine}
          theirs={clash.theirs}
          saving={change.isPending}
          onKeepMine={() => save(clash, clash.theirs.version)}
          onTakeTheirs={() => {
            setBase(clash.theirs)
            setVersion(clash.theirs.version)
            setClash(null)
            change.reset()
          }}
        />
      ) : (
        <Refusal error={change.error} className="mt-3" />
      )}
    </>
  )
}
