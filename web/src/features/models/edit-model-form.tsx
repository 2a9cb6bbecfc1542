import * as z from 'zod/mini'
import type { Model } from '../../shared/api/wire'
import { type Text, useText } from '../../shared/i18n/text'
import { TextField } from '../../shared/ui/field'
import { RowForm, useRowForm } from '../../shared/ui/form'
import { Switch } from '../../shared/ui/switch'
import { ADDRESS } from './providers'
import { type ModelChange, useChangeModel } from './use-models'

const schemaOf = (t: Text) => {
  /** Empty, or a number within bounds. */
  const optional = (least: number, most: number, whole: boolean) =>
    z.string().check(
      z.trim(),
      z.refine(
        (text) => {
          const value = Number(text)
          return text === '' || (value >= least && value <= most && (!whole || Number.isInteger(value)))
        },
        t(whole ? 'models.badCount' : 'models.badNumber', { least, most }),
      ),
    )
  return z.object({
    name: z.string().check(z.trim(), z.minLength(1, t('models.needsName'))),
    model: z.string().check(z.trim(), z.minLength(1, t('models.whichModel'))),
    base_url: z.string().check(z.trim(), z.regex(ADDRESS, t('models.badAddress'))),
    api_key: z.string().check(z.trim()),
    context_window: optional(256, 100_000_000, true),
    max_output_tokens: optional(1, 10_000_000, true),
    temperature: optional(0, 2, false),
    top_p: optional(0, 1, false),
    paid: z.boolean(),
    continue_prefix: z.boolean(),
    enabled: z.boolean(),
  })
}

type Values = z.infer<ReturnType<typeof schemaOf>>
type TextName = { [Name in keyof Values]: Values[Name] extends string ? Name : never }[keyof Values]
type SwitchName = Exclude<keyof Values, TextName>

interface EditModelFormProps {
  model: Model
  onClose: () => void
}

/** A model to be changed, where it stands in the list. Its key goes to the server and never comes back. */
export function EditModelForm({ model, onClose }: EditModelFormProps) {
  const t = useText()
  const save = useChangeModel(model)
  const { form, field, store, question } = useRowForm({
    schemaOf,
    defaultValues: valuesOf(model),
    save,
    onClose,
  })
  const { dirtyFields } = form.formState
  const text = (name: TextName) => ({ ...field(name), autoComplete: 'off' })
  const yesOrNo = (name: SwitchName) => ({
    checked: form.watch(name),
    onChange: (value: boolean) => form.setValue(name, value, { shouldDirty: true }),
  })
  const storeChanged = form.handleSubmit((values) => {
    const changed = Object.entries(changeOf(values)).filter(([name]) => dirtyFields[name as keyof Values])
    store(Object.fromEntries(changed))
  })

  return (
    <RowForm
      label={t('models.changeName', { name: model.name })}
      save={save}
      question={question}
      className="sm:grid-cols-2"
      onSubmit={storeChanged}
      onCancel={onClose}
    >
      <TextField label={t('models.name')} {...text('name')} />
      <TextField label={t('models.model')} {...text('model')} />
      {model.provider !== 'local' && (
        <>
          <TextField
            label={t('models.apiKey')}
            type="password"
            hint={model.api_key ? t('models.apiKeyKept', { key: model.api_key }) : t('models.apiKeyHint')}
            {...text('api_key')}
          />
          <TextField label={t('models.address')} hint={t('models.addressDropsKey')} {...text('base_url')} />
        </>
      )}
      <TextField
        label={t('models.context')}
        hint={t('models.contextHint')}
        inputMode="numeric"
        {...text('context_window')}
      />
      <TextField
        label={t('models.longest')}
        hint={t('models.longestHint')}
        inputMode="numeric"
        {...text('max_output_tokens')}
      />
      <TextField
        label={t('models.temperature')}
        hint={t('models.temperatureHint')}
        inputMode="decimal"
        {...text('temperature')}
      />
      <TextField label={t('models.topP')} hint={t('models.topPHint')} inputMode="decimal" {...text('top_p')} />
      <div className="grid gap-4 sm:col-span-2">
        <Switch label={t('models.enabled')} hint={t('models.enabledHint')} {...yesOrNo('enabled')} />
        <Switch label={t('models.paid')} hint={t('models.paidHint')} {...yesOrNo('paid')} />
        <Switch label={t('models.goesOn')} hint={t('models.goesOnHint')} {...yesOrNo('continue_prefix')} />
      </div>
    </RowForm>
  )
}

function valuesOf(model: Model): Values {
  const written = (value: number | null) => (value === null ? '' : String(value))
  return {
    name: model.name,
    model: model.model,
    base_url: model.base_url ?? '',
    api_key: '',
    context_window: written(model.context_window),
    max_output_tokens: written(model.max_output_tokens),
    temperature: written(model.temperature),
    top_p: written(model.top_p),
    paid: model.paid,
    continue_prefix: model.continue_prefix,
    enabled: model.enabled,
  }
}

function changeOf(values: Values): ModelChange {
  const read = (text: string) => (text === '' ? null : Number(text))
  return {
    ...values,
    base_url: values.base_url || null,
    context_window: read(values.context_window),
    max_output_tokens: read(values.max_output_tokens),
    temperature: read(values.temperature),
    top_p: read(values.top_p),
  }
}
