import * as z from 'zod/mini'
import type { Prompt } from '../../shared/api/prompts'
import { type Text, useText } from '../../shared/i18n/text'
import { TextArea, TextField } from '../../shared/ui/field'
import { RowForm, useRowForm } from '../../shared/ui/form'
import { PromptPreview } from './prompt-preview'
import { useSavePrompt } from './use-prompts'

const LONGEST = 100_000

const schemaOf = (t: Text) =>
  z.object({
    name: z
      .string()
      .check(z.trim(), z.minLength(1, t('prompts.needsName')), z.maxLength(200, t('prompts.nameTooLong'))),
    content: z.string().check(z.maxLength(LONGEST, t('prompts.tooLong', { most: LONGEST }))),
  })

interface PromptFormProps {
  prompt: Prompt | null
  onClose: () => void
}

/** A system prompt to be made or changed, with what a model would read of it below. */
export function PromptForm({ prompt, onClose }: PromptFormProps) {
  const t = useText()
  const save = useSavePrompt(prompt)
  const { form, field, store, question } = useRowForm({
    schemaOf,
    defaultValues: { name: prompt?.name ?? '', content: prompt?.content ?? '' },
    save,
    onClose,
  })
  return (
    <RowForm
      label={t('prompts.prompt')}
      save={save}
      question={question}
      onSubmit={form.handleSubmit(store)}
      onCancel={onClose}
    >
      <TextField label={t('prompts.name')} autoComplete="off" dir="auto" {...field('name')} />
      <TextArea
        label={t('prompts.content')}
        hint={t('prompts.contentHint', { char: '{{char}}', user: '{{user}}' })}
        className="min-h-40"
        dir="auto"
        {...field('content')}
      />
      <PromptPreview content={form.watch('content')} />
    </RowForm>
  )
}
