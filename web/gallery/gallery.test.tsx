import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { act, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { serve } from '../test/page'
import { Gallery } from './gallery'
import { FAULT } from './states'

const COMPONENTS = join(import.meta.dirname, '../src/shared/ui')
/** What others are drawn with once it is loaded. */
const PARTS_OF_OTHERS = ['menu-layer', 'notices']
/** All of it at once takes a busy machine some seconds. */
const LONGEST_MS = 30_000

beforeEach(() => {
  location.hash = ''
  // Nobody is asked for anything.
  serve({})
})

afterEach(() => {
  vi.restoreAllMocks()
})

test('everything is drawn, and nothing breaks but what is broken on purpose', { timeout: LONGEST_MS }, async () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined)

  await show()

  for (const room of ['Controls', 'Loading, empty, failed', 'Banners and notes', 'Rows of a transcript'])
    expect(screen.getByLabelText(room)).toBeVisible()
  expect(screen.getAllByText(/could not be (shown|drawn)/)).toHaveLength(2)
  const unexpected = complaints.mock.calls.filter((told) => !told.some((part) => String(part).includes(FAULT)))
  expect(unexpected).toEqual([])
  expect(warnings.mock.calls).toEqual([])
})

test('the dress is that of the address', { timeout: LONGEST_MS }, async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  location.hash = '#/?theme=contrast&dir=rtl'
  await show()

  const root = document.documentElement
  expect([root.dataset.theme, root.dir]).toEqual(['contrast', 'rtl'])
  // By labels: roles of a page as long as this one take seconds to look for.
  const dress = within(screen.getByLabelText('Dress'))
  await userEvent.click(dress.getByLabelText('dark'))
  await userEvent.click(dress.getByLabelText('ltr'))
  expect([root.dataset.theme, root.dir, location.hash]).toEqual(['dark', 'ltr', '#/?theme=dark&dir=ltr'])
})

test('every component of the shared ones has its place', () => {
  const components = readdirSync(COMPONENTS)
    .filter((name) => !name.includes('.test.'))
    .map((name) => name.replace(/\.tsx?$/, ''))
    .filter((name) => !PARTS_OF_OTHERS.includes(name))
  const sources = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.tsx') && !name.includes('.test.'))
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join()

  expect(components.filter((name) => !sources.includes(`shared/ui/${name}'`))).toEqual([])
})

async function show() {
  await act(async () => {
    render(<Gallery />)
  })
}
