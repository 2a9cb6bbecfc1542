import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'

test('a press before menus are loaded opens the menu once they are', async () => {
  vi.resetModules()
  const { Menu, MenuItem } = await import('./menu')
  const onSelect = vi.fn()
  render(
    <Menu trigger={<button type="button">Actions</button>}>
      <MenuItem onSelect={onSelect}>Rename</MenuItem>
    </Menu>,
  )
  const early = screen.getByRole('button', { name: 'Actions' })
  expect(early).toHaveAttribute('aria-haspopup', 'menu')

  early.click()
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Rename' }))
  expect(onSelect).toHaveBeenCalledOnce()
  expect(screen.queryByRole('menu')).toBeNull()
})
