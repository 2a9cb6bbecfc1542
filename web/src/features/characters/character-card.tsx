import { Archive, ArchiveRestore, Ellipsis, Trash2 } from 'lucide-react'
import { Link } from 'react-router'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { voiceStyle } from '../../shared/theme/voice'
import { buttonClass, IconButton } from '../../shared/ui/button'
import { Menu, MenuItem } from '../../shared/ui/menu'
import { InUse } from './in-use'
import { Picture } from './picture'
import { useRemoval } from './use-removal'

export function CharacterCard({ character }: { character: Character }) {
  const t = useText()
  const removal = useRemoval(character)
  const { id, name, archived } = character
  return (
    <li style={voiceStyle(name)} className="flex min-w-0 flex-col">
      <Link to={`/characters/${id}`} className="rounded-card">
        <Picture name={name} image={character.avatar_image} />
        <h2
          className="mt-2 line-clamp-2 break-words font-semibold font-story text-story text-voice leading-tight"
          dir="auto"
        >
          {name}
        </h2>
      </Link>
      {character.tags.length > 0 && (
        <p className="truncate text-small text-soft" dir="auto">
          {character.tags.join(' · ')}
        </p>
      )}
      <div className="-ms-2 mt-1 flex items-center text-small">
        {!archived && (
          <Link
            to={`/new?character=${id}`}
            aria-label={t('characters.talkTo', { name })}
            className={buttonClass('quiet', 'px-2 font-semibold text-accent')}
          >
            {t('characters.talk')}
          </Link>
        )}
        <Link
          to={`/characters/${id}?tab=edit`}
          aria-label={t('characters.editName', { name })}
          className={buttonClass('quiet', 'px-2')}
        >
          {t('characters.edit')}
        </Link>
        <Menu
          align="end"
          trigger={<IconButton icon={Ellipsis} name={t('characters.actions', { name })} className="ms-auto" />}
        >
          <MenuItem icon={archived ? ArchiveRestore : Archive} onSelect={() => removal.archive(!archived)}>
            {t(archived ? 'characters.bringBack' : 'characters.archive')}
          </MenuItem>
          <MenuItem icon={Trash2} danger onSelect={() => removal.remove()}>
            {t('characters.delete')}
          </MenuItem>
        </Menu>
      </div>
      {removal.refused && <InUse character={character} removal={removal} />}
    </li>
  )
}
