import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInThisContext } from 'node:vm'
import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Refusal, renderPage, serve } from '../../../test/page'
import { settingsKey } from '../api/settings'
import { adopt, interfaceNow, settle, unsent } from './interface'
import { useInterface, useKeptInterface } from './use-interface'

const html = document.documentElement
const firstScript = readFileSync(join(import.meta.dirname, '../../../public/theme.js'), 'utf8')
const served = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../docs/reference/openapi.json'), 'utf8'))
  .components.schemas.Interface.properties as Record<string, { default?: unknown }>
const settingsWith = (chosen: object) => ({ default_ai_model_id: null, interface: chosen })

beforeEach(() => {
  runInThisContext(firstScript)
})

afterEach(() => {
  settle(unsent())
  adopt({})
})

function Choices() {
  useKeptInterface()
  const [{ theme, density }, change] = useInterface()
  return (
    <>
      <p>
        {theme} and {density}
      </p>
      <button type="button" onClick={() => change({ theme: 'dark' })}>
        Dark
      </button>
      <button type="button" onClick={() => change({ density: 'compact' })}>
        Compact
      </button>
    </>
  )
}

const choose = (name: string) => userEvent.click(screen.getByRole('button', { name }))
const changes = (asked: { method: string; body: unknown }[]) =>
  asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)

test('until something is chosen it is as the server has it', () => {
  const usual: Record<string, unknown> = { ...interfaceNow() }
  const named = Object.entries(served).filter(([, property]) => 'default' in property)

  expect(Object.keys(usual).sort()).toEqual(Object.keys(served).sort())
  expect(named.length).toBeGreaterThan(8)
  for (const [name, property] of named) expect({ [name]: usual[name] }).toEqual({ [name]: property.default })
})

test('what is chosen dresses the page at once, goes to the server, and stands before the next first paint', async () => {
  const asked = serve({
    'GET /api/settings': settingsWith({}),
    'PATCH /api/settings': settingsWith({ theme: 'dark', density: 'compact' }),
  })
  renderPage(<Choices />)

  await choose('Dark')
  await choose('Compact')
  expect(html.dataset).toMatchObject({ theme: 'dark', density: 'compact', layout: 'manuscript', motion: 'full' })
  await waitFor(() => expect(unsent()).toEqual({}))
  expect(changes(asked)).toEqual([{ interface: { theme: 'dark' } }, { interface: { density: 'compact' } }])

  html.dataset.theme = 'light'
  runInThisContext(firstScript)
  expect(html.dataset.theme).toBe('dark')
})

test('without the server a choice stays, also over what the server still has, and the next visit sends it', async () => {
  const away = () => {
    throw new TypeError('Failed to fetch')
  }
  serve({ 'GET /api/settings': settingsWith({}), 'PATCH /api/settings': away })
  renderPage(<Choices />)
  await choose('Dark')
  act(() => adopt({ theme: 'light' }))
  expect(screen.getByText('dark and cosy')).toBeVisible()

  const asked = serve({
    'GET /api/settings': settingsWith({ density: 'compact' }),
    'PATCH /api/settings': settingsWith({ theme: 'dark', density: 'compact' }),
  })
  renderPage(<Choices />)
  await waitFor(() => expect(changes(asked)).toEqual([{ interface: { theme: 'dark' } }]))
  expect(screen.getAllByText('dark and compact')).toHaveLength(2)
  await waitFor(() => expect(unsent()).toEqual({}))
})

test('a choice that could not be sent is sent once the settings can be read again, as they were', async () => {
  const away = () => {
    throw new TypeError('Failed to fetch')
  }
  serve({ 'GET /api/settings': settingsWith({}), 'PATCH /api/settings': away })
  const { queryClient } = renderPage(<Choices />)
  await waitFor(() => expect(queryClient.getQueryData(settingsKey)).toBeDefined())
  await choose('Dark')
  await waitFor(() => expect(queryClient.isMutating()).toBe(0))

  const asked = serve({ 'GET /api/settings': settingsWith({}), 'PATCH /api/settings': settingsWith({ theme: 'dark' }) })
  await queryClient.invalidateQueries({ queryKey: settingsKey })
  await waitFor(() => expect(unsent()).toEqual({}))
  await waitFor(() => expect(queryClient.isMutating()).toBe(0))
  expect(changes(asked)).toEqual([{ interface: { theme: 'dark' } }])
})

test('a choice that the server refuses is taken back, and said', async () => {
  serve({
    'GET /api/settings': settingsWith({ theme: 'contrast' }),
    'PATCH /api/settings': new Refusal(422, 'invalid', 'That is no theme.'),
  })
  renderPage(<Choices />)
  expect(await screen.findByText('contrast and cosy')).toBeVisible()

  await choose('Dark')
  expect(await screen.findByText('That is no theme.')).toBeVisible()
  expect(screen.getByText('contrast and cosy')).toBeVisible()
  expect(html.dataset.theme).toBe('contrast')
})

test('a choice of another tab holds here at once', () => {
  serve({ 'GET /api/settings': settingsWith({}) })
  renderPage(<Choices />)

  localStorage.setItem('causerie.interface', JSON.stringify({ theme: 'dark', font_size: 'large' }))
  act(() => void dispatchEvent(new StorageEvent('storage', { key: 'causerie.interface' })))
  expect(screen.getByText('dark and cosy')).toBeVisible()
  expect(html.dataset).toMatchObject({ theme: 'dark', fontSize: 'large' })
})

test('a theme chosen before there was more to choose is kept', async () => {
  localStorage.setItem('causerie.theme', '"dark"')
  runInThisContext(firstScript)
  expect(html.dataset.theme).toBe('dark')

  vi.resetModules()
  const anew = await import('./interface')
  expect(anew.interfaceNow()).toMatchObject({ theme: 'dark', density: 'cosy' })
  expect(anew.unsent()).toEqual({ theme: 'dark' })
  expect(localStorage.getItem('causerie.theme')).toBeNull()
})

test('a copy that holds something else is taken as far as it can be of use', async () => {
  localStorage.setItem(
    'causerie.interface-unsent',
    JSON.stringify({ keys: null, follow: 'yes', theme: 'dark', odd: 1 }),
  )
  expect(unsent()).toEqual({ theme: 'dark' })
  localStorage.setItem('causerie.interface-unsent', JSON.stringify({ keys: { palette: 5 }, language: 7, density: [] }))
  expect(unsent()).toEqual({})
  localStorage.setItem(
    'causerie.interface-unsent',
    JSON.stringify({ keys: { palette: null, undo: 'x' }, language: 'fa' }),
  )
  expect(unsent()).toEqual({ keys: { palette: null, undo: 'x' }, language: 'fa' })

  const copy = JSON.stringify({ keys: null, theme: 'dark' })
  localStorage.setItem('causerie.interface', copy)
  dispatchEvent(new StorageEvent('storage', { key: 'causerie.interface', newValue: copy }))
  expect(interfaceNow()).toMatchObject({ keys: {}, theme: 'dark' })
})
