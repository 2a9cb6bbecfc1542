import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, test, vi } from 'vitest'
import { aMessage, aSession } from '../../../test/factories/rows'
import { Refusal, renderPage, serve } from '../../../test/page'
import { useRowDeeds } from './use-row-deeds'

const composer = { current: null }
const unused = vi.fn()

function Other({ id }: { id: string }) {
  const deeds = useRowDeeds('s1', composer, unused, unused, unused)
  return (
    <button type="button" onClick={() => deeds.select(id)}>
      Choose
    </button>
  )
}

const choose = async () => {
  renderPage(<Other id="m3" />)
  await userEvent.click(screen.getByRole('button', { name: 'Choose' }))
}

test('the rows around another version are here before its branch is chosen', async () => {
  const asked = serve({
    'GET /api/messages': { items: [aMessage({ id: 'm3' })], next_cursor: null, total: 900 },
    'PATCH /api/sessions/s1': aSession({ active_leaf_id: 'm900' }),
  })
  await choose()

  await expect.poll(() => asked.map(({ method }) => method)).toEqual(['GET', 'PATCH'])
  expect(Object.fromEntries(asked[0]?.query ?? [])).toEqual({ chat_session_id: 's1', leaf: 'm3', around: 'm3' })
  expect(asked[1]?.body).toEqual({ active_leaf_id: 'm3' })
})

test('a version whose rows cannot be read is not chosen, and the reader is told', async () => {
  const asked = serve({ 'GET /api/messages': new Refusal(503, 'away', 'The database is away.') })
  await choose()

  expect(await screen.findByText(/The database is away/)).toBeVisible()
  expect(asked).toHaveLength(1)
})

test('a saved text closes its own editor and no other that was opened meanwhile', async () => {
  const message = aMessage({ id: 'm1', content: 'Tea?' })
  let answer = () => {}
  const saved = new Promise<unknown>((resolve) => {
    answer = () => resolve(aMessage({ id: 'm1', content: 'Tea!', version: 2 }))
  })
  function Editors() {
    const [editing, edit] = useState<string | null>('m1')
    const deeds = useRowDeeds('s1', composer, edit, unused, unused)
    const [done, setDone] = useState(false)
    return (
      <>
        <output>{`${editing} ${done ? 'saved' : 'open'}`}</output>
        <button type="button" onClick={() => deeds.save(message, 'Tea!').then(() => setDone(true))}>
          Save
        </button>
        <button type="button" onClick={() => deeds.startEdit('m2')}>
          Other
        </button>
      </>
    )
  }
  serve({ 'PATCH /api/messages/m1': () => saved })
  renderPage(<Editors />)
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await userEvent.click(screen.getByRole('button', { name: 'Other' }))
  answer()
  await waitFor(() => expect(screen.getByRole('status')).toHaveTextContent('m2 saved'))
})

test('a copy of the chat is shown to who still waits for it, and told to who has gone on', async () => {
  let answer = () => {}
  serve({
    'POST /api/sessions/s1/fork': () =>
      new Promise((resolve) => {
        answer = () => resolve(aSession({ id: 's2', title: 'Tea' }))
      }),
  })
  function Fork() {
    const deeds = useRowDeeds('s1', composer, unused, unused, unused)
    return (
      <button type="button" onClick={() => deeds.fork(aMessage({ session_id: 's1' }))}>
        Fork
      </button>
    )
  }
  const { router } = renderPage(<Fork />)
  await userEvent.click(screen.getByRole('button', { name: 'Fork' }))
  history.pushState(null, '', '/c/s3')
  answer()
  expect(await screen.findByText('Tea has a copy')).toBeVisible()
  expect(router.state.location.pathname).toBe('/')

  await userEvent.click(screen.getByRole('button', { name: 'Fork' }))
  answer()
  await waitFor(() => expect(router.state.location.pathname).toBe('/c/s2'))
})
