import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { type Asked, Refusal, renderPage, serve } from '../../../test/page'
import { UsagePage } from './usage-page'
import { everyDay, type UsageItem } from './use-usage'

const figures = (replies: number): Omit<UsageItem, 'key' | 'label'> => ({
  replies,
  prompt_tokens: replies * 1_000,
  completion_tokens: replies * 100,
  cost: null,
  first_token_ms: { p50: 400, p95: 2_000 },
  total_ms: { p50: 3_000, p95: 9_000 },
})
const aDay = (key: string, replies: number): UsageItem => ({ key, label: key, ...figures(replies) })
const DAYS = { items: [aDay('2026-11-18', 2), aDay('2026-11-21', 3)], totals: figures(5) }

const open = (at = '/usage') => renderPage(<UsagePage />, { path: '/usage', at })
const cells = (row: HTMLElement) =>
  within(row)
    .getAllByRole('cell')
    .map(({ textContent }) => textContent)

test('the table has every figure of the plots, and their sum as the server says it', async () => {
  serve({ 'GET /api/usage': DAYS })
  open()

  const table = await screen.findByRole('table')
  const rows = within(table).getAllByRole('row')
  expect(rows).toHaveLength(4)
  expect(cells(within(table).getByRole('row', { name: /November 18/ }))).toEqual([
    '2',
    '2,000',
    '200',
    '0.4 s',
    '3.0 s',
  ])
  expect(cells(within(table).getByRole('row', { name: /Together/ }))).toEqual(['5', '5,000', '500', '0.4 s', '3.0 s'])
  expect(screen.getAllByRole('img')).toHaveLength(2)
})

test('a price stands there where a provider told one', async () => {
  serve({
    'GET /api/usage': {
      items: [{ ...aDay('2026-11-21', 1), cost: 0.00123 }],
      totals: { ...figures(1), cost: 0.00123 },
    },
  })
  open()

  expect(await screen.findAllByRole('cell', { name: '$0.0012' })).toHaveLength(2)
  expect(screen.getByRole('img', { name: /cost in US dollars/ })).toBeVisible()
})

test('what is asked stands in the address, also in that of the file', async () => {
  const models = { items: [{ ...aDay('m', 1), label: 'Big' }], totals: figures(1) }
  const asked = serve({ 'GET /api/usage': ({ query }: Asked) => (query.get('by') === 'model' ? models : DAYS) })
  const { router } = open()
  await userEvent.click(screen.getByRole('radio', { name: 'Model' }))
  await userEvent.click(screen.getByRole('radio', { name: 'All' }))

  await waitFor(() => expect(asked).toHaveLength(3))
  expect(router.state.location.search).toBe('?by=model&span=all')
  const file = new URL(screen.getByRole('link', { name: 'As CSV' }).getAttribute('href') ?? '')
  expect(Object.fromEntries(file.searchParams)).toMatchObject({ by: 'model', format: 'csv' })
  expect(file.searchParams.has('from')).toBe(false)
  expect(await screen.findByRole('row', { name: /^Big/ })).toBeVisible()
})

test('without any answer the page says so; figures that cannot be read are asked for again', async () => {
  let away = true
  serve({
    'GET /api/usage': () => (away ? new Refusal(503, 'database_away', 'Away.') : { items: [], totals: figures(0) }),
  })
  open()
  expect(await screen.findByRole('alert')).toHaveTextContent('The usage could not be read')

  away = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('Nothing was answered in this time.')).toBeVisible()
})

test('days on which nothing was answered have their place', () => {
  expect(everyDay(DAYS.items).map(({ key }) => key)).toEqual(['2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21'])
  expect(everyDay([])).toEqual([])
})
