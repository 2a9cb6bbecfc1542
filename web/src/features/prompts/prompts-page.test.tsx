import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { aCharacter } from '../../../test/factories/rows'
import { Refusal, renderPage, serve } from '../../../test/page'
import type { Prompt } from '../../shared/api/prompts'
import { PromptsPage } from './prompts-page'

const VERSE: Prompt = {
  id: 'p1',
  user_id: 'u',
  name: 'In verse',
  content: 'You are {{char}}. Answer {{user}} in verse.',
  is_default: false,
  version: 3,
  created_at: '2026-11-21T10:41:00Z',
  updated_at: '2026-11-21T10:41:00Z',
}
const LISTS = {
  'GET /api/prompts': { items: [VERSE], next_cursor: null },
  'GET /api/settings': { default_system_prompt_id: 'p1', interface: {} },
  'GET /api/characters': { items: [aCharacter()] },
  'GET /api/profiles': { items: [{ id: 'e', name: 'Eleanor', is_default: false }] },
}

const open = (at = '/prompts') => renderPage(<PromptsPage />, { path: '/prompts', at })
const sent = (asked: { method: string; path: string; body: unknown }[]) =>
  asked.filter(({ method }) => method !== 'GET').map(({ method, path, body }) => [`${method} ${path}`, body])

test('a prompt is listed with its text, and the usual one is marked', async () => {
  serve(LISTS)
  open()
  const card = await screen.findByRole('article', { name: 'In verse' })

  expect(card).toHaveTextContent('You are {{char}}. Answer {{user}} in verse.')
  expect(await within(card).findByText('used by default')).toBeVisible()
})

test('a prompt is made; a refusal keeps what was typed', async () => {
  let refuse = true
  const asked = serve({
    ...LISTS,
    'POST /api/prompts': () => (refuse ? new Refusal(422, 'invalid', 'Not like this.') : { ...VERSE, id: 'p2' }),
  })
  const { router } = open('/prompts?edit=new')
  const form = within(await screen.findByRole('form', { name: 'System prompt' }))
  await userEvent.type(form.getByLabelText('Name'), 'Short')
  await userEvent.type(form.getByLabelText('Text'), 'Be brief.')
  await userEvent.click(form.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('Not like this.')).toBeVisible()
  expect(form.getByLabelText('Text')).toHaveValue('Be brief.')

  refuse = false
  await userEvent.click(form.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(router.state.location.search).toBe(''))
  expect(sent(asked).at(-1)).toEqual(['POST /api/prompts', { name: 'Short', content: 'Be brief.' }])
})

test('the preview is the text that the server would send, and tells how long it is', async () => {
  const asked = serve({
    ...LISTS,
    'POST /api/prompts/preview': { text: 'You are Wren. Answer Eleanor in verse.', tokens: 9, profile: 'normal' },
  })
  open('/prompts?edit=p1')
  await userEvent.click(await screen.findByText('What a model reads'))
  await userEvent.selectOptions(await screen.findByLabelText('Talking to'), 'Eleanor')

  expect(await screen.findByText('You are Wren. Answer Eleanor in verse.')).toBeVisible()
  expect(screen.getByText('About 9 tokens.')).toBeVisible()
  await waitFor(() =>
    expect(sent(asked).at(-1)?.[1]).toEqual({ content: VERSE.content, character_id: 'c1', user_profile_id: 'e' }),
  )
})

test('what is deleted says who used it, and comes back', async () => {
  const asked = serve({
    ...LISTS,
    'GET /api/prompts/p1/uses': { sessions: 3, settings: true },
    'DELETE /api/prompts/p1': null,
    'POST /api/prompts/p1/restore': VERSE,
  })
  open()
  await userEvent.click(await screen.findByRole('button', { name: 'Delete In verse' }))
  expect(await screen.findByText('In verse is in the trash. 3 chats go on without it.')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))

  await waitFor(() =>
    expect(sent(asked).map(([what]) => what)).toEqual(['DELETE /api/prompts/p1', 'POST /api/prompts/p1/restore']),
  )
})
