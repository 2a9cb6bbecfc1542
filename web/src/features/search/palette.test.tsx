import { configure, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Moon } from 'lucide-react'
import { expect, test, vi } from 'vitest'
import { renderPage } from '../../../test/page'
import type { Hit } from '../../shared/api/search'
import { Palette } from './palette'
import { pieces } from './snippet'

// A busy machine types slowly.
configure({ asyncUtilTimeout: 10_000 })
vi.setConfig({ testTimeout: 60_000 })
// jsdom lays nothing out.
Element.prototype.scrollIntoView = () => undefined
window.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
}

function hit(kind: Hit['kind'], id: string, title: string, snippet = ''): Hit {
  return {
    kind,
    id,
    title,
    snippet,
    session_id: 's1',
    character_id: null,
    marks: snippet ? [[0, 4]] : [],
    position: null,
    on_branch: null,
    timestamp: '2026-01-02T03:04:05Z',
    score: 1,
  }
}

/** Answers questions when it is told to: `answers` is by what was asked. */
function searchServer() {
  const waiting: { q: string; kinds: string[]; reply: (items: Hit[]) => void }[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/api/sessions') return Response.json({ items: [], next_cursor: null })
    return new Promise<Response>((resolve) => {
      waiting.push({
        q: searchParams.get('q') ?? '',
        kinds: searchParams.getAll('kind'),
        reply: (items) => resolve(Response.json({ items, next_cursor: null })),
      })
    })
  })
  return waiting
}

const BEDTIME = { id: 'dark', name: 'Theme: Dark', icon: Moon, act: vi.fn() }

function open() {
  const onClose = vi.fn()
  const page = renderPage(<Palette commands={[BEDTIME]} onClose={onClose} />)
  return { ...page, onClose, box: screen.getByRole('combobox') }
}

test('a command is found by its words and done by Enter', async () => {
  const user = userEvent.setup()
  searchServer()
  const { onClose, box } = open()

  await user.type(box, 'dark theme{Enter}')

  expect(BEDTIME.act).toHaveBeenCalledOnce()
  expect(onClose).toHaveBeenCalledOnce()
})

test('what was said opens at its message', async () => {
  const user = userEvent.setup()
  const asked = searchServer()
  const { router, box } = open()

  await user.type(box, 'lamp')
  await waitFor(() => expect(asked).toHaveLength(2))
  expect(asked.map(({ q, kinds }) => [q, kinds])).toEqual([
    ['lamp', ['sessions', 'characters']],
    ['lamp', ['messages']],
  ])
  asked[0]?.reply([hit('character', 'c1', 'Lampwright')])
  asked[1]?.reply([hit('message', 'm1', 'By the sea', 'Lamp, turn')])
  const said = await screen.findByRole('option', { name: /Lamp, turn/ })
  expect(within(said).getByText('Lamp').tagName).toBe('MARK')
  expect(screen.getByRole('option', { name: /Lampwright/ })).toBeInTheDocument()

  await user.click(said)

  expect(router.state.location).toMatchObject({ pathname: '/c/s1', search: '?at=m1' })
})

test('an answer that comes late is not shown for a newer question', async () => {
  const user = userEvent.setup()
  const asked = searchServer()
  const { box } = open()

  await user.type(box, 'old')
  await waitFor(() => expect(asked).toHaveLength(2))
  await user.clear(box)
  await user.type(box, 'new')
  await waitFor(() => expect(asked).toHaveLength(4))
  asked[3]?.reply([hit('message', 'm2', 'Now', 'news of the day')])
  expect(await screen.findByRole('option', { name: /of the day/ })).toBeInTheDocument()
  asked[1]?.reply([hit('message', 'm1', 'Then', 'olde times')])
  asked[0]?.reply([])
  asked[2]?.reply([])

  await waitFor(() => expect(screen.queryByText('Searching…')).toBeNull())
  expect(screen.getAllByRole('option')).toHaveLength(1)
  expect(screen.queryByText(/times/)).toBeNull()
})

test('marks count code points', () => {
  expect(
    pieces('🐋 lamp and lamp', [
      [2, 6],
      [11, 15],
    ])
      .filter(({ marked }) => marked)
      .map(({ text }) => text),
  ).toEqual(['lamp', 'lamp'])
  expect(pieces('none', [])).toEqual([{ from: 0, text: 'none', marked: false }])
})

test('as much of a long question is asked as the server takes, and a space at its end says that a word is whole', async () => {
  const waiting = searchServer()
  const { box } = open()
  const user = userEvent.setup()

  await user.click(box)
  await user.paste(`${'🦊'.repeat(250)}`)
  await waitFor(() => expect(waiting.at(-1)?.q).toBe('🦊'.repeat(200)))
  await user.clear(box)
  await user.paste(' lamp ')
  await waitFor(() => expect(waiting.at(-1)?.q).toBe('lamp '))
})
