import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { aCharacter, aModel } from '../../../test/factories/rows'
import { renderPage, serve } from '../../../test/page'
import { adopt, interfaceNow, settle, unsent } from '../../shared/theme/interface'
import { Welcome } from './welcome'

const settingsWith = (chosen: object) => ({ default_ai_model_id: 'local', interface: chosen })
const FRESH = {
  'GET /api/settings': settingsWith({ welcomed: false }),
  'PATCH /api/settings': settingsWith({ welcomed: true }),
  'GET /api/models': { items: [aModel()] },
  'GET /api/characters': { items: [aCharacter(), aCharacter({ id: 'c2', name: 'Pip', archived: true })] },
}
const changes = (asked: { method: string; body: unknown }[]) =>
  asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)
const dialog = () => screen.findByRole('dialog', { name: 'Welcome to Causerie' }, { timeout: 5_000 })

afterEach(() => {
  settle(unsent())
  adopt({})
})

test('somebody to talk to is one click away, and the welcome does not come again', async () => {
  const asked = serve(FRESH)
  const { router } = renderPage(<Welcome />, { path: '/' })
  const welcome = within(await dialog())
  expect(welcome.queryByText('Pip')).toBeNull()
  await userEvent.click(await welcome.findByRole('button', { name: 'Wren' }))

  expect(router.state.location).toMatchObject({ pathname: '/new', search: '?character=c1' })
  await waitFor(() => expect(changes(asked)).toEqual([{ interface: { welcomed: true } }]))
})

test('Esc closes it, and the server is told', async () => {
  const asked = serve(FRESH)
  renderPage(<Welcome />)
  await dialog()
  await userEvent.keyboard('{Escape}')

  expect(screen.queryByRole('dialog')).toBeNull()
  expect(interfaceNow().welcomed).toBe(true)
  await waitFor(() => expect(changes(asked)).toEqual([{ interface: { welcomed: true } }]))
})

test('the theme is chosen in it, and the model is tried', async () => {
  serve({
    ...FRESH,
    'PATCH /api/settings': settingsWith({ welcomed: false, theme: 'dark' }),
    'POST /api/models/local/test': { ok: true, text: 'Hello.', first_seconds: 0.2, seconds: 1, error: null },
  })
  renderPage(<Welcome />)
  const welcome = within(await dialog())
  await userEvent.click(welcome.getByRole('radio', { name: 'Dark' }))
  await userEvent.click(await welcome.findByRole('button', { name: 'Test it' }))

  expect(interfaceNow().theme).toBe('dark')
  expect(await welcome.findByText('First word after 0.2 s: “Hello.”')).toBeVisible()
})

test('who was welcomed on another device is not welcomed again', async () => {
  const asked = serve({ ...FRESH, 'GET /api/settings': settingsWith({ welcomed: true }) })
  renderPage(<Welcome />)
  await waitFor(() => expect(asked).toHaveLength(1))

  expect(screen.queryByRole('dialog')).toBeNull()
})
