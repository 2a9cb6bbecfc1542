import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, test } from 'vitest'
import { aCharacter, aModel, aSaying } from '../../../test/factories/rows'
import { renderPage, serve } from '../../../test/page'
import { said } from '../../outbox/sayings'
import { outbox, store } from '../../realtime/realtime'
import { NewChatPage } from './new-chat-page'

const sayings = () => store.getState().outbox

beforeEach(async () => {
  for (const { id } of sayings()) await outbox.discard(id)
})

function show(models = [aModel()], firstWords?: string) {
  serve({
    'GET /api/characters': { items: [aCharacter()], next_cursor: null },
    'GET /api/models': { items: models, next_cursor: null },
    'GET /api/settings': { default_ai_model_id: models[0]?.id ?? null },
  })
  const state = firstWords === undefined ? null : { firstWords }
  return renderPage(<NewChatPage />, { path: '/new', at: { pathname: '/new', search: '?character=c1', state } })
}

/** Another tab sends what was said, and tells this one. */
async function sendElsewhere(id: string, sessionId: string) {
  await outbox.start()
  new BroadcastChannel('outbox:/').postMessage({ kind: 'stored', id, sessionId })
  await waitFor(() => expect(sayings().map((saying) => saying.id)).not.toContain(id))
  await outbox.discard(id)
}

test('a new chat shows whom it is with, and the words that begin it', async () => {
  show()
  expect(await screen.findByRole('article', { name: 'Wren' })).toHaveTextContent('Good evening, traveller.')
  await userEvent.click(screen.getByRole('button', { name: 'Tell me a story' }))

  expect(sayings()).toMatchObject([
    { sessionId: null, characterId: 'c1', content: 'Tell me a story', status: 'sending' },
  ])
  expect(screen.queryByRole('list', { name: 'Ways to begin' })).toBeNull()
})

test('while it is being made nothing more can be sent; then it is the chat that was made', async () => {
  const { router } = show()
  const box = await screen.findByRole('textbox', { name: 'Message' })
  await userEvent.type(box, 'Hello{Enter}And?{Enter}')
  expect(sayings()).toHaveLength(1)

  await sendElsewhere(sayings()[0]?.id ?? '', 's7')
  await waitFor(() => expect(router.state.location.pathname).toBe('/c/s7'))
})

test('the chat that another tab begins with the same character is neither shown nor followed', async () => {
  const { router } = show()
  const begin = await screen.findByRole('button', { name: 'Tell me a story' })
  act(() => void store.dispatch(said(aSaying({ id: 'other', sessionId: null, characterId: 'c1', content: 'Away' }))))
  expect(begin).toBeVisible()
  await userEvent.click(begin)
  expect(await screen.findByText('Tell me a story')).toBeVisible()
  expect(screen.queryByText('Away')).toBeNull()

  await sendElsewhere('other', 's8')
  expect(router.state.location.pathname).toBe('/new')
  await sendElsewhere(sayings().at(-1)?.id ?? '', 's7')
  await waitFor(() => expect(router.state.location.pathname).toBe('/c/s7'))
})

test('words chosen elsewhere are said once, and neither a reload nor the way back says them again', async () => {
  const { router } = show([aModel()], 'Tell me a secret')
  await waitFor(() => expect(sayings()).toHaveLength(1))

  expect(sayings()[0]?.content).toBe('Tell me a secret')
  expect(router.state.location).toMatchObject({ pathname: '/new', search: '?character=c1', state: null })
  await router.navigate('/new?character=c1', { replace: true })
  expect(sayings()).toHaveLength(1)
})

test('the demo model is called what it is', async () => {
  show([aModel({ model: 'smollm2', name: 'SmolLM2 135M (demo)' })])

  expect(await screen.findByRole('button', { name: 'Model: SmolLM2 135M (demo)' })).toBeVisible()
  expect(screen.getByText(/Demo model, 135M, on your CPU. It plays, wanders and forgets./)).toBeVisible()
  expect(screen.getByRole('link', { name: 'add a model' })).toHaveAttribute('href', '/models')
})

test('a real model needs no warning, and another can be chosen for the chat', async () => {
  show([aModel({ id: 'a', provider: 'openai', name: 'Big' }), aModel({ id: 'b', provider: 'gemini', name: 'Other' })])
  await userEvent.click(await screen.findByRole('button', { name: 'Model: Big' }))
  expect(screen.queryByText(/Demo model/)).toBeNull()
  await userEvent.click(await screen.findByRole('menuitemradio', { name: /Other/ }))
  await userEvent.type(screen.getByRole('textbox', { name: 'Message' }), 'Hi{Enter}')

  expect(sayings()).toMatchObject([{ modelId: 'b' }])
})

test('without any model the page says what to do', async () => {
  show([])

  expect(await screen.findByText(/No model answers here yet/)).toBeVisible()
})
