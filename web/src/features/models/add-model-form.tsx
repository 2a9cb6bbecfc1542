import { zodResolver } from '@hookform/resolvers/zod'
import { useForm } from 'react-hook-form'
import * as z from 'zod/mini'
import { Button } from '../../shared/ui/button'
import { Field, TextField } from '../../shared/ui/field'
import { useNotify } from '../../shared/ui/toaster'
import { PROVIDERS } from './providers'
import { useAddModel, useDefaultModel } from './use-models'

const ADDABLE = ['openai', 'openrouter', 'gemini'] as const

const schema = z.object({
  provider: z.enum(ADDABLE),
  model: z.string().check(z.trim(), z.minLength(1, 'Which model? Its name stands in the provider’s list.')),
  name: z.string().check(z.trim()),
  api_key: z.string().check(z.trim()),
  base_url: z.string().check(z.trim(), z.regex(/^$|^https?:\/\/\S+$/, 'An address begins with http:// or https://.')),
})

type Values = z.infer<typeof schema>

const EMPTY: Values = { provider: 'openai', model: '', name: '', api_key: '', base_url: '' }

export function AddModelForm() {
  const notify = useNotify()
  const add = useAddModel()
  const choose = useDefaultModel()
  const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: EMPTY })
  const provider = form.watch('provider')
  const field = (name: keyof Values) => ({
    ...form.register(name),
    error: form.formState.errors[name]?.message ?? add.error?.field(`/${name}`),
    autoComplete: 'off',
  })

  const submit = form.handleSubmit(({ name, api_key, base_url, ...values }) =>
    add.mutate(
      { ...values, name: name || values.model, ...(api_key && { api_key }), ...(base_url && { base_url }) },
      {
        onSuccess: (model) => {
          form.reset(EMPTY)
          choose.mutate(model.id)
          notify.say(`${model.name} answers from now on`)
        },
      },
    ),
  )

  return (
    <form noValidate aria-label="Add a model" className="grid gap-5 sm:grid-cols-2" onSubmit={submit}>
      <Field label="Provider">
        {(control) => (
          <select {...control} {...form.register('provider')}>
            {ADDABLE.map((value) => (
              <option key={value} value={value}>
                {PROVIDERS[value].name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <TextField label="Model" placeholder={PROVIDERS[provider].example} {...field('model')} />
      <TextField
        label="API key"
        type="password"
        hint="Stored encrypted on your server and never shown again."
        {...field('api_key')}
      />
      <TextField label="Name" hint="What you call it; the model’s own name if empty." {...field('name')} />
      {provider === 'openai' && (
        <div className="sm:col-span-2">
          <TextField
            label="Address"
            placeholder="https://models.example.org/v1"
            hint="Of any server that speaks the OpenAI API. Empty: OpenAI itself."
            {...field('base_url')}
          />
        </div>
      )}
      {add.error && !add.error.body.errors?.length && (
        <p role="alert" className="text-danger sm:col-span-2">
          {add.error.message}
        </p>
      )}
      <div className="sm:col-span-2">
        <Button type="submit" look="primary" disabled={add.isPending}>
          {add.isPending ? 'Adding…' : 'Add model'}
        </Button>
      </div>
    </form>
  )
}
