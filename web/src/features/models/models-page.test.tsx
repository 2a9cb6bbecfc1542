import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { aModel } from '../../../test/factories/rows'
import { Refusal, renderPage, serve } from '../../../test/page'
import { ModelsPage } from './models-page'

const BIG = aModel({
  id: 'big',
  user_id: 'u',
  name: 'Big',
  provider: 'openai',
  model: 'big-1',
  api_key: '…3f9a',
  context_window: 8_192,
  max_output_tokens: 1_024,
  paid: true,
  continue_prefix: false,
  version: 4,
})
const LISTS = {
  'GET /api/models': { items: [aModel(), BIG], next_cursor: null },
  'GET /api/settings': { default_ai_model_id: 'local', interface: {} },
}

const open = (at = '/models') => renderPage(<ModelsPage />, { path: '/models', at })
const card = (name: string) => screen.findByRole('article', { name })
const patches = (asked: { method: string; body: unknown }[]) =>
  asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)

test('a model tells what it can do, what it costs and where it ends', async () => {
  serve(LISTS)
  open()

  expect(await card('Big')).toHaveTextContent('context of 8,192 tokens · at most 1,024 tokens an answer · paid')
  expect(await card('SmolLM2')).toHaveTextContent('free · goes on after a cut')
  expect(await card('Big')).toHaveTextContent('not tested yet')
})

test('the model that answers by default is chosen by its name', async () => {
  const asked = serve({ ...LISTS, 'PATCH /api/settings': {} })
  open()
  await userEvent.click(await screen.findByRole('button', { name: 'Use Big by default' }))

  await waitFor(() => expect(patches(asked)).toEqual([{ default_ai_model_id: 'big' }]))
})

test('a test tells how soon the first word came, and the model counts as answering', async () => {
  serve({
    ...LISTS,
    'POST /api/models/big/test': { ok: true, text: 'Hello there.', first_seconds: 0.42, seconds: 1.3, error: null },
  })
  open()
  await userEvent.click(await screen.findByRole('button', { name: 'Test Big' }))

  expect(await screen.findByText('First word after 0.4 s, all of it after 1.3 s: “Hello there.”')).toBeVisible()
  expect(within(await card('Big')).getByText('answers')).toBeVisible()
})

test('a model that does not answer says why', async () => {
  serve({
    ...LISTS,
    'POST /api/models/big/test': {
      ok: false,
      text: '',
      first_seconds: null,
      seconds: 1,
      error: { code: 'auth', title: 'Refused', detail: 'The key is not accepted.', retryable: false },
    },
  })
  open()
  await userEvent.click(await screen.findByRole('button', { name: 'Test Big' }))

  expect(await screen.findByRole('alert')).toHaveTextContent('The key is not accepted.')
  expect(within(await card('Big')).getByText('does not answer')).toBeVisible()
})

test('only what was changed is sent, and an empty key stays the one that is kept', async () => {
  const asked = serve({ ...LISTS, 'PATCH /api/models/big': { ...BIG, temperature: 0.7 } })
  const { router } = open('/models?edit=big')
  const form = within(await screen.findByRole('form', { name: 'Change Big' }))
  expect(form.getByLabelText('API key')).toHaveValue('')
  expect(form.getByLabelText('API key')).toHaveAccessibleDescription(/…3f9a/)
  await userEvent.type(form.getByLabelText('Temperature'), '0.7')
  await userEvent.clear(form.getByLabelText('Longest answer'))
  await userEvent.click(form.getByRole('switch', { name: 'Offered' }))
  await userEvent.click(form.getByRole('button', { name: 'Save' }))

  await waitFor(() => expect(router.state.location.search).toBe(''))
  expect(patches(asked)).toEqual([{ temperature: 0.7, max_output_tokens: null, enabled: false }])
})

test('a new key is sent once and stands nowhere afterwards', async () => {
  const asked = serve({ ...LISTS, 'PATCH /api/models/big': BIG })
  open('/models?edit=big')
  await userEvent.type(await screen.findByDisplayValue('Big'), ' one')
  const key = within(screen.getByRole('form', { name: 'Change Big' })).getByLabelText('API key')
  await userEvent.type(key, 'sk-very-secret')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))

  await card('Big')
  expect(patches(asked)).toEqual([{ name: 'Big one', api_key: 'sk-very-secret' }])
  expect(document.documentElement.outerHTML).not.toContain('sk-very-secret')
})

test('a number that cannot be is told at its field; a refusal keeps what was typed', async () => {
  const asked = serve({
    ...LISTS,
    'PATCH /api/models/big': new Refusal(412, 'stale', 'Somebody has changed it since.'),
  })
  open('/models?edit=big')
  const temperature = await screen.findByLabelText('Temperature')
  await userEvent.type(temperature, '7')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('Empty, or a number from 0 to 2.')).toBeVisible()
  expect(patches(asked)).toEqual([])

  await userEvent.clear(temperature)
  await userEvent.type(temperature, '1')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('Somebody has changed it since.')).toBeVisible()
  expect(temperature).toHaveValue('1')
})
