import * as z from 'zod/mini'
import { type Text, useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'
import { Field, TextField } from '../../shared/ui/field'
import { FormEnd, useSpokenForm } from '../../shared/ui/form'
import { useNotify } from '../../shared/ui/toaster'
import { ADDRESS, PROVIDERS } from './providers'
import { useAddModel, useDefaultModel } from './use-models'

const ADDABLE = ['openai', 'openrouter', 'gemini'] as const

const schemaOf = (t: Text) =>
  z.object({
    provider: z.enum(ADDABLE),
    model: z.string().check(z.trim(), z.minLength(1, t('models.whichModel'))),
    name: z.string().check(z.trim()),
    api_key: z.string().check(z.trim()),
    base_url: z.string().check(z.trim(), z.regex(ADDRESS, t('models.badAddress'))),
  })

type Values = z.infer<ReturnType<typeof schemaOf>>

const EMPTY: Values = { provider: 'openai', model: '', name: '', api_key: '', base_url: '' }

export function AddModelForm() {
  const t = useText()
  const notify = useNotify()
  const add = useAddModel()
  const choose = useDefaultModel()
  const { form, field } = useSpokenForm(schemaOf, EMPTY, add.error)
  const provider = form.watch('provider')
  const text = (name: keyof Values) => ({ ...field(name), autoComplete: 'off' })

  const submit = form.handleSubmit(({ name, api_key, base_url, ...values }) =>
    add.mutate(
      { ...values, name: name || values.model, ...(api_key && { api_key }), ...(base_url && { base_url }) },
      {
        onSuccess: (model) => {
          form.reset(EMPTY)
          choose.mutate(model.id)
          notify.say(t('models.answersNow', { name: model.name }))
        },
      },
    ),
  )

  return (
    <form noValidate aria-label={t('models.add')} className="grid gap-5 sm:grid-cols-2" onSubmit={submit}>
      <Field label={t('models.provider')}>
        {(control) => (
          <select {...control} {...form.register('provider')}>
            {ADDABLE.map((value) => (
              <option key={value} value={value}>
                {t(PROVIDERS[value].name)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <TextField label={t('models.model')} placeholder={PROVIDERS[provider].example} {...text('model')} />
      <TextField label={t('models.apiKey')} type="password" hint={t('models.apiKeyHint')} {...text('api_key')} />
      <TextField label={t('models.name')} hint={t('models.nameHint')} {...text('name')} />
      {provider === 'openai' && (
        <div className="sm:col-span-2">
          <TextField
            label={t('models.address')}
            placeholder="https://models.example.org/v1"
            hint={t('models.addressHint')}
            {...text('base_url')}
          />
        </div>
      )}
      <FormEnd problem={add.error}>
        <Button type="submit" look="primary" disabled={add.isPending}>
          {t(add.isPending ? 'models.adding' : 'models.addModel')}
        </Button>
      </FormEnd>
    </form>
  )
}
