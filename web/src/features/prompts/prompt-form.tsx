import { zodResolver } from '@hookform/resolvers/zod'
import { useEffect, useMemo } from 'react'
import { useForm } from 'react-hook-form'
import * as z from 'zod/mini'
import type { Prompt } from '../../shared/api/prompts'
import { type Text, useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'
import { TextArea, TextField } from '../../shared/ui/field'
import { useLeaveGuard } from '../../shared/ui/leave-guard'
import { PromptPreview } from './prompt-preview'
import { type PromptFields, useSavePrompt } from './use-prompts'

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
  const schema = useMemo(() => schemaOf(t), [t])
  const form = useForm<PromptFields>({
    resolver: zodResolver(schema),
    defaultValues: { name: prompt?.name ?? '', content: prompt?.content ?? '' },
  })
  const { errors, isDirty } = form.formState
  const { pass, question } = useLeaveGuard(isDirty)
  const { setFocus } = form
  useEffect(() => setFocus('name'), [setFocus])
  const field = (name: keyof PromptFields) => ({
    ...form.register(name),
    error: errors[name]?.message ?? save.error?.field(`/${name}`),
    dir: 'auto' as const,
  })
  const store = form.handleSubmit((fields) =>
    save.mutate(fields, {
      onSuccess: () => {
        pass()
        onClose()
      },
    }),
  )

  return (
    <form
      noValidate
      aria-label={t('prompts.prompt')}
      className="grid gap-5 rounded-card border border-accent bg-surface p-4 sm:p-5"
      onSubmit={store}
    >
      <TextField label={t('prompts.name')} autoComplete="off" {...field('name')} />
      <TextArea
        label={t('prompts.content')}
        hint={t('prompts.contentHint', { char: '{{char}}', user: '{{user}}' })}
        className="min-h-40"
        {...field('content')}
      />
      <PromptPreview content={form.watch('content')} />
      {save.error && !save.error.body.errors?.length && (
        <p role="alert" className="text-danger">
          {save.error.message}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={save.isPending}>
          {t(save.isPending ? 'prompts.saving' : 'prompts.save')}
        </Button>
        <Button look="quiet" onClick={onClose}>
          {t('prompts.cancel')}
        </Button>
      </div>
      {question}
    </form>
  )
}
