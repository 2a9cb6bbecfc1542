import { Plus, X } from 'lucide-react'
import { useFieldArray } from 'react-hook-form'
import * as z from 'zod/mini'
import type { Problem } from '../../shared/api/problem'
import type { Character } from '../../shared/api/wire'
import { type Text, useText } from '../../shared/i18n/text'
import { Button, IconButton } from '../../shared/ui/button'
import { TextArea, TextField } from '../../shared/ui/field'
import { useSpokenForm } from '../../shared/ui/form'
import { useLeaveGuard } from '../../shared/ui/leave-guard'
import type { CharacterFields } from './use-characters'

const schemaOf = (t: Text) =>
  z.object({
    name: z
      .string()
      .check(z.trim(), z.minLength(1, t('characters.nameMissing')), z.maxLength(200, t('characters.nameLong'))),
    first_mes: z.string(),
    greetings: z.array(z.object({ text: z.string() })),
    description: z.string(),
    personality: z.string(),
    scenario: z.string(),
    mes_example: z.string(),
    system_prompt: z.string(),
    post_history_instructions: z.string(),
    creator_notes: z.string(),
    tags: z.string(),
  })

type Values = z.infer<ReturnType<typeof schemaOf>>

interface CharacterFormProps {
  character: Character | null
  saving: boolean
  problem: Problem | null
  /** `stored` is to be called before the page is left. */
  onSave: (fields: CharacterFields, stored: () => void) => void
}

export function CharacterForm({ character, saving, problem, onSave }: CharacterFormProps) {
  const t = useText()
  const { form, field: spoken } = useSpokenForm(schemaOf, valuesOf(character), problem)
  const greetings = useFieldArray({ control: form.control, name: 'greetings' })
  const { pass, question } = useLeaveGuard(form.formState.isDirty)
  const field = (name: Exclude<keyof Values, 'greetings'>) => ({ ...spoken(name), dir: 'auto' as const })

  return (
    <form
      noValidate
      aria-label={t('characters.character')}
      className="grid gap-5"
      onSubmit={form.handleSubmit((values) => onSave(fieldsOf(values), pass))}
    >
      <TextField label={t('characters.name')} autoComplete="off" {...field('name')} />
      <TextArea
        label={t('characters.firstWords')}
        hint={t('characters.firstWordsHint')}
        className="font-story text-story"
        {...field('first_mes')}
      />
      {greetings.fields.map(({ id }, place) => (
        <div key={id} className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-2">
          <TextArea
            label={t('characters.greeting', { n: place + 2 })}
            className="font-story text-story"
            dir="auto"
            error={problem?.field(`/alternate_greetings/${place}`)}
            {...form.register(`greetings.${place}.text`)}
          />
          <IconButton
            icon={X}
            name={t('characters.removeGreeting', { n: place + 2 })}
            onClick={() => greetings.remove(place)}
          />
        </div>
      ))}
      <div>
        <Button onClick={() => greetings.append({ text: '' })}>
          <Plus size={18} aria-hidden />
          {t('characters.addGreeting')}
        </Button>
      </div>
      <TextArea label={t('characters.description')} hint={t('characters.descriptionHint')} {...field('description')} />
      <TextArea label={t('characters.personality')} {...field('personality')} />
      <TextArea label={t('characters.scenario')} hint={t('characters.scenarioHint')} {...field('scenario')} />
      <TextArea label={t('characters.example')} hint={t('characters.exampleHint')} {...field('mes_example')} />
      <TextField label={t('characters.tags')} hint={t('characters.tagsHint')} autoComplete="off" {...field('tags')} />
      <details className="group rounded-card border border-line bg-surface px-4 py-3">
        <summary className="cursor-pointer font-semibold">{t('characters.forModel')}</summary>
        <div className="mt-4 grid gap-5">
          <TextArea
            label={t('characters.systemPrompt')}
            hint={t('characters.systemPromptHint')}
            {...field('system_prompt')}
          />
          <TextArea
            label={t('characters.afterHistory')}
            hint={t('characters.afterHistoryHint')}
            {...field('post_history_instructions')}
          />
          <TextArea label={t('characters.notes')} hint={t('characters.notesHint')} {...field('creator_notes')} />
        </div>
      </details>
      <div>
        <Button type="submit" look="primary" disabled={saving}>
          {t(saving ? 'shared.saving' : 'shared.save')}
        </Button>
      </div>
      {question}
    </form>
  )
}

function valuesOf(character: Character | null): Values {
  return {
    name: character?.name ?? '',
    first_mes: character?.first_mes ?? '',
    greetings: character?.alternate_greetings.map((text) => ({ text })) ?? [],
    description: character?.description ?? '',
    personality: character?.personality ?? '',
    scenario: character?.scenario ?? '',
    mes_example: character?.mes_example ?? '',
    system_prompt: character?.system_prompt ?? '',
    post_history_instructions: character?.post_history_instructions ?? '',
    creator_notes: character?.creator_notes ?? '',
    tags: character?.tags.join(', ') ?? '',
  }
}

function fieldsOf({ tags, greetings, ...values }: Values): CharacterFields {
  return {
    ...values,
    alternate_greetings: greetings.map(({ text }) => text).filter((text) => text.trim() !== ''),
    tags: tags
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  }
}
