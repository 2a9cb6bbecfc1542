import type { Message, SessionRow } from '../../shared/api/wire'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { Drawer } from './drawer'
import { InstructionForm } from './instruction-form'
import type { Panel } from './panel'
import { PromptTrace } from './prompt-trace'
import { Revisions } from './revisions'
import type { RowDeeds } from './row-deeds'
import { SessionSettings } from './session-settings'

const TITLES: Record<Panel['kind'], MessageKey> = {
  settings: 'chat.settings',
  revisions: 'chat.revisions',
  prompt: 'chat.why',
  instruction: 'chat.againWith',
}

interface ChatPanelProps {
  panel: Panel
  session: SessionRow
  /** The chat's messages as they are now. */
  messages: Readonly<Record<string, Message>>
  deeds: RowDeeds
  onClose: () => void
}

/** What is opened beside a chat. It is loaded when it is first needed. */
export function ChatPanel({ panel, session, messages, deeds, onClose }: ChatPanelProps) {
  const t = useText()
  const message = panel.kind === 'settings' ? null : (messages[panel.message.id] ?? panel.message)
  return (
    <Drawer key={`${panel.kind} ${message?.id}`} title={t(TITLES[panel.kind])} from={panel.from} onClose={onClose}>
      {message === null ? (
        <SessionSettings session={session} onClose={onClose} />
      ) : panel.kind === 'revisions' ? (
        <Revisions
          message={message}
          onRestore={(content) => {
            deeds.restore(message, content)
            onClose()
          }}
        />
      ) : panel.kind === 'prompt' ? (
        <PromptTrace message={message} />
      ) : (
        <InstructionForm
          onSubmit={(instruction) => {
            deeds.swipe(message, instruction)
            onClose()
          }}
        />
      )}
    </Drawer>
  )
}
