import { zodResolver } from '@hookform/resolvers/zod'
import { type FormEventHandler, type ReactNode, useEffect, useMemo } from 'react'
import { type DefaultValues, type FieldValues, type Path, useForm } from 'react-hook-form'
import type * as z from 'zod/mini'
import type { Deed } from '../api/mutations'
import type { Problem } from '../api/problem'
import { type Text, useText } from '../i18n/text'
import { cx } from '../lib/class-names'
import { Button } from './button'
import { useLeaveGuard } from './leave-guard'
import { Refusal } from './refusal'

/** Made once, at module level: it says what is wrong in the language of the page. */
type SchemaOf<Values> = (t: Text) => z.ZodMiniType<Values, Values>

/** A form, and what ties a field of it to its control; the server's refusal of a field stands where its own would. */
export function useSpokenForm<Values extends FieldValues>(
  schemaOf: SchemaOf<Values>,
  defaultValues: DefaultValues<Values>,
  problem: Problem | null,
) {
  const t = useText()
  const schema = useMemo(() => schemaOf(t), [schemaOf, t])
  const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues })
  const { formState } = form
  const field = (name: Path<Values>) => ({
    ...form.register(name),
    error: form.getFieldState(name, formState).error?.message ?? problem?.field(`/${name}`),
  })
  return { form, field }
}

interface RowFormOptions<Values, Input> {
  schemaOf: SchemaOf<Values>
  defaultValues: DefaultValues<Values>
  save: Deed<Input>
  onClose: () => void
}

/** The form of one row of a list. It begins at the name, closes when it is stored, and is not left by chance. */
export function useRowForm<Values extends FieldValues & { name: string }, Input>({
  schemaOf,
  defaultValues,
  save,
  onClose,
}: RowFormOptions<Values, Input>) {
  const { form, field } = useSpokenForm(schemaOf, defaultValues, save.error)
  const { pass, question } = useLeaveGuard(form.formState.isDirty)
  const { setFocus } = form
  useEffect(() => setFocus('name' as Path<Values>), [setFocus])
  const store = (input: Input) =>
    save.mutate(input, {
      onSuccess: () => {
        pass()
        onClose()
      },
    })
  return { form, field, store, question }
}

interface RowFormProps {
  label: string
  save: Pick<Deed<never>, 'error' | 'isPending'>
  /** Asked before the form is left with changes. */
  question: ReactNode
  onSubmit: FormEventHandler
  onCancel: () => void
  className?: string
  children: ReactNode
}

/** Stands where the row does. */
export function RowForm({ label, save, question, onSubmit, onCancel, className, children }: RowFormProps) {
  const t = useText()
  return (
    <form
      noValidate
      aria-label={label}
      className={cx('grid gap-5 rounded-card border border-accent bg-surface p-4 sm:p-5', className)}
      onSubmit={onSubmit}
    >
      {children}
      <FormEnd problem={save.error}>
        <Button type="submit" look="primary" disabled={save.isPending}>
          {t(save.isPending ? 'shared.saving' : 'shared.save')}
        </Button>
        <Button look="quiet" onClick={onCancel}>
          {t('shared.cancel')}
        </Button>
      </FormEnd>
      {question}
    </form>
  )
}

/** What was refused of a form as a whole, then the ways out of it. */
export function FormEnd({ problem, children }: { problem: Problem | null; children: ReactNode }) {
  const ofFields = (problem?.body.errors?.length ?? 0) > 0
  return (
    <>
      <Refusal error={ofFields ? null : problem} className="col-span-full" />
      <div className="col-span-full flex flex-wrap gap-2">{children}</div>
    </>
  )
}
