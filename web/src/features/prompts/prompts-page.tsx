import { type Prompt, promptKeys, useDefaultPromptId, usePrompts } from '../../shared/api/prompts'
import { useText } from '../../shared/i18n/text'
import { RowCard, WhereUsed } from '../../shared/ui/row-card'
import { RowsPage } from '../../shared/ui/rows-page'
import { PromptForm } from './prompt-form'
import { getUses, useDefaultPrompt, useDeletePrompt, useRestorePrompt, useSavePrompt } from './use-prompts'

/** The texts that a prompt can begin with. */
export function PromptsPage() {
  const t = useText()
  const defaultId = useDefaultPromptId()
  return (
    <RowsPage
      title={t('prompts.title')}
      lead={t('prompts.lead')}
      rows={usePrompts()}
      unread={t('prompts.unread')}
      empty={t('prompts.empty')}
      create={t('prompts.new')}
      card={(prompt) => <PromptCard prompt={prompt} isDefault={prompt.id === defaultId} />}
      form={(prompt, close) => <PromptForm prompt={prompt} onClose={close} />}
    />
  )
}

function PromptCard({ prompt, isDefault }: { prompt: Prompt; isDefault: boolean }) {
  const t = useText()
  const { id, name, content } = prompt
  return (
    <RowCard
      row={prompt}
      isDefault={isDefault}
      text={content || t('prompts.noContent')}
      fields={{ content }}
      choose={useDefaultPrompt()}
      make={useSavePrompt(null)}
      remove={useDeletePrompt()}
      restore={useRestorePrompt()}
      inTrash={({ sessions }) => t('prompts.inTrash', { name, n: sessions })}
    >
      <WhereUsed queryKey={promptKeys.uses(id)} queryFn={() => getUses(id)}>
        {({ sessions, settings }) => (
          <p>
            {t('prompts.inChats', { n: sessions })} {settings && t('prompts.inSettings')}
          </p>
        )}
      </WhereUsed>
    </RowCard>
  )
}
