import { zodResolver } from '@hookform/resolvers/zod'
import { useRef } from 'react'
import { useForm } from 'react-hook-form'
import { useBlocker } from 'react-router'
import * as z from 'zod/mini'
import type { Problem } from '../../shared/api/problem'
import type { Character } from '../../shared/api/wire'
import { Button } from '../../shared/ui/button'
import { Ask } from '../../shared/ui/dialog'
import { TextArea, TextField } from '../../shared/ui/field'
import type { CharacterFields } from './use-characters'

const longText = z.string()

const schema = z.object({
  name: z
    .string()
    .check(z.trim(), z.minLength(1, 'A character needs a name.'), z.maxLength(200, 'At most 200 characters.')),
  first_mes: longText,
  description: longText,
  personality: longText,
  scenario: longText,
  mes_example: longText,
  system_prompt: longText,
  post_history_instructions: longText,
  creator_notes: longText,
  tags: z.string(),
})

type Values = z.infer<typeof schema>

interface CharacterFormProps {
  character: Character | null
  saving: boolean
  problem: Problem | null
  /** `stored` is to be called before the page is left. */
  onSave: (fields: CharacterFields, stored: () => void) => void
}

export function CharacterForm({ character, saving, problem, onSave }: CharacterFormProps) {
  const form = useForm<Values>({ resolver: zodResolver(schema), values: valuesOf(character) })
  const { errors, isDirty } = form.formState
  const errorOf = (name: keyof Values) => errors[name]?.message ?? problem?.field(`/${name}`)
  const field = (name: keyof Values) => ({ ...form.register(name), error: errorOf(name), dir: 'auto' as const })
  const saved = useRef(false)
  const leave = useBlocker(() => isDirty && !saved.current)

  return (
    <form
      noValidate
      aria-label="Character"
      className="grid gap-5"
      onSubmit={form.handleSubmit((values) =>
        onSave(fieldsOf(values), () => {
          saved.current = true
        }),
      )}
    >
      <TextField label="Name" autoComplete="off" {...field('name')} />
      <TextArea
        label="First words"
        hint="What the character says when a chat begins. They set the voice."
        className="font-story text-story"
        {...field('first_mes')}
      />
      <TextArea label="Description" hint="Who this is: looks, past, habits." {...field('description')} />
      <TextArea label="Personality" {...field('personality')} />
      <TextArea label="Scenario" hint="Where and when you meet." {...field('scenario')} />
      <TextArea label="Example dialogue" hint="A few lines in the character’s manner." {...field('mes_example')} />
      <TextField label="Tags" hint="Separated by commas." autoComplete="off" {...field('tags')} />
      <details className="group rounded-card border border-line bg-surface px-4 py-3">
        <summary className="cursor-pointer font-semibold">For the model</summary>
        <div className="mt-4 grid gap-5">
          <TextArea label="System prompt" hint="Stands above everything else." {...field('system_prompt')} />
          <TextArea
            label="After the history"
            hint="A last word before each answer."
            {...field('post_history_instructions')}
          />
          <TextArea label="Notes of the author" hint="For people; no model reads them." {...field('creator_notes')} />
        </div>
      </details>
      <div>
        <Button type="submit" look="primary" disabled={saving}>
          {saving ? 'Saving…' : 'Save'}
        </Button>
      </div>
      <Ask
        open={leave.state === 'blocked'}
        title="Leave without saving?"
        confirm="Leave"
        cancel="Stay here"
        onConfirm={() => leave.proceed?.()}
        onCancel={() => leave.reset?.()}
      >
        What you changed of this character is not stored yet.
      </Ask>
    </form>
  )
}

function valuesOf(character: Character | null): Values {
  return {
    name: character?.name ?? '',
    first_mes: character?.first_mes ?? '',
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

function fieldsOf({ tags, ...values }: Values): CharacterFields {
  return {
    ...values,
    tags: tags
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  }
}
