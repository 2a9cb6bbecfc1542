import { screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { aMessage, aSession } from '../../../test/factories/rows'
import { Refusal, renderPage, serve } from '../../../test/page'
import { conversations } from '../../realtime/realtime'
import { useArrival } from './use-arrival'

vi.mock('./use-transcript-list', () => ({ placeOf: () => ({ row: 'left', offset: 4 }) }))

function Arriving() {
  return <p>{useArrival('s1', true, [], vi.fn()).arriving ? 'On the way' : 'Here'}</p>
}

test('who comes back to a chat whose branch was changed elsewhere meanwhile does not change it back', async () => {
  conversations.onFrame({
    type: 'session:joined',
    session_id: 's1',
    epoch: 'e',
    seq: 1,
    session: aSession({ active_leaf_id: 'm1' }),
    messages: [aMessage({ id: 'm1' })],
    live: [],
  })
  const asked = serve({
    'GET /api/messages': ({ query }: { query: URLSearchParams }) =>
      query.get('leaf') === 'left'
        ? { items: [aMessage({ id: 'left' })], next_cursor: null, total: 1 }
        : new Refusal(404, 'message_not_found', 'Not on this branch.'),
    'PATCH /api/sessions/s1': aSession({ active_leaf_id: 'left' }),
  })
  renderPage(<Arriving />)

  expect(await screen.findByText('Here')).toBeVisible()
  expect(asked.map(({ method }) => method)).toEqual(['GET'])
})
