import { act, screen } from '@testing-library/react'
import { useLocation } from 'react-router'
import { expect, test } from 'vitest'
import { renderPage } from '../../../test/page'
import { PageTitle } from './page-title'

function Somewhere() {
  return <PageTitle>{useLocation().pathname === '/settings/keys' ? 'Keys' : 'Looks'}</PageTitle>
}

test('the tab is named, and the heading takes the focus on every way to another page but not on the first', async () => {
  const { router } = renderPage(<Somewhere />, { at: '/settings/looks' })
  expect(document.title).toBe('Looks · Causerie')
  expect(document.body).toHaveFocus()

  await act(() => router.navigate('/settings/keys'))
  expect(document.title).toBe('Keys · Causerie')
  expect(screen.getByRole('heading', { name: 'Keys' })).toHaveFocus()

  act(() => screen.getByRole('heading').blur())
  await act(() => router.navigate('/settings/keys?q=enter'))
  expect(document.body).toHaveFocus()
})
