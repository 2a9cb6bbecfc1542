import {
  CircleQuestionMark,
  Copy,
  CornerDownRight,
  Eye,
  EyeOff,
  GitBranch,
  GitFork,
  History,
  MessageSquareQuote,
  Pencil,
  Pin,
  PinOff,
  RefreshCw,
  Text,
  Trash2,
} from 'lucide-react'
import type { RefObject } from 'react'
import type { Message } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { MenuItem, MenuLine } from '../../shared/ui/menu'
import type { MessagePanel } from './panel'
import type { RowDeeds } from './row-deeds'

interface RowMenuProps {
  message: Message
  deeds: RowDeeds
  /** How many messages stand below this one. */
  following: number
  /** The button that the menu hangs from: what is opened here gives the focus back to it. */
  from: RefObject<HTMLElement | null>
  /** Something is chosen that has the focus from now on. */
  onLeave: () => void
}

/** All that can be done with a message. It is loaded after the first paint. */
export function RowMenu({ message, deeds, following, from, onLeave }: RowMenuProps) {
  const t = useText()
  const { hidden, pinned, content } = message
  const answers = message.role === 'assistant' && message.parent_id !== null
  const open = (kind: MessagePanel) => {
    onLeave()
    deeds.open({ kind, message, from: from.current })
  }
  return (
    <>
      <MenuItem icon={Copy} onSelect={() => deeds.copy(message, false)}>
        {t('chat.copy')}
      </MenuItem>
      <MenuItem icon={Text} onSelect={() => deeds.copy(message, true)}>
        {t('chat.copyPlain')}
      </MenuItem>
      <MenuItem icon={Pencil} onSelect={() => deeds.startEdit(message.id)}>
        {t('chat.edit')}
      </MenuItem>
      <MenuItem icon={History} onSelect={() => open('revisions')}>
        {t('chat.revisions')}
      </MenuItem>
      {answers && (
        <>
          <MenuLine />
          <MenuItem icon={RefreshCw} onSelect={() => deeds.swipe(message)}>
            {t('chat.again')}
          </MenuItem>
          <MenuItem icon={MessageSquareQuote} onSelect={() => open('instruction')}>
            {t('chat.againWith')}
          </MenuItem>
          {content && (
            <MenuItem icon={CornerDownRight} onSelect={() => deeds.goOn(message)}>
              {t('chat.continue')}
            </MenuItem>
          )}
          <MenuItem icon={CircleQuestionMark} onSelect={() => open('prompt')}>
            {t('chat.why')}
          </MenuItem>
        </>
      )}
      <MenuLine />
      {following > 0 && (
        <MenuItem
          icon={GitBranch}
          onSelect={() => {
            onLeave()
            deeds.sayAfter(message)
          }}
        >
          {t('chat.branch')}
        </MenuItem>
      )}
      <MenuItem icon={GitFork} onSelect={() => deeds.fork(message)}>
        {t('chat.fork')}
      </MenuItem>
      <MenuItem icon={pinned ? PinOff : Pin} onSelect={() => deeds.mark(message, { pinned: !pinned })}>
        {pinned ? t('chat.unpin') : t('chat.pin')}
      </MenuItem>
      <MenuItem icon={hidden ? Eye : EyeOff} onSelect={() => deeds.mark(message, { hidden: !hidden })}>
        {hidden ? t('chat.unhide') : t('chat.hide')}
      </MenuItem>
      <MenuLine />
      <MenuItem icon={Trash2} danger onSelect={() => deeds.remove(message, false)}>
        {t('chat.delete')}
      </MenuItem>
      {following > 0 && (
        <MenuItem icon={Trash2} danger onSelect={() => deeds.remove(message, true)}>
          {t('chat.deleteAll', { n: following + 1 })}
        </MenuItem>
      )}
    </>
  )
}
