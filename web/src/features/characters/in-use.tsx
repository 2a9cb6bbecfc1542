import { Archive } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { Link } from 'react-router'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'
import { Layer } from '../../shared/ui/layer'
import { ChatsWith } from './chats-with'
import type { Removal } from './use-removal'

/** Why a character is not deleted: its chats, and what can be done instead. */
export function InUse({ character, removal }: { character: Character; removal: Removal }) {
  const t = useText()
  const { name } = character
  return (
    <Layer
      onClose={removal.seen}
      className="inset-x-4 top-[12vh] grid max-h-[76vh] max-w-lg animate-layer gap-4 overflow-y-auto p-5"
    >
      <Dialog.Title className="font-semibold font-story text-title" dir="auto">
        {t('characters.inUse', { name })}
      </Dialog.Title>
      <Dialog.Description className="text-soft">
        {t.rich('characters.inUseWhy', {
          n: removal.refused?.chats ?? 0,
          trash: (words) => (
            <Link to="/trash" className="text-accent underline underline-offset-2">
              {words}
            </Link>
          ),
        })}
      </Dialog.Description>
      <ChatsWith character={character} />
      <div className="flex flex-wrap justify-end gap-2">
        <Dialog.Close asChild>
          <Button look="quiet">{t('characters.keep')}</Button>
        </Dialog.Close>
        {!character.archived && (
          <Button look="primary" disabled={removal.busy} onClick={() => removal.archive(true)}>
            <Archive size={18} aria-hidden />
            {t('characters.archiveInstead')}
          </Button>
        )}
      </div>
    </Layer>
  )
}
