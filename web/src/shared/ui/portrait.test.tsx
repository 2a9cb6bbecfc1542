import { render } from '@testing-library/react'
import { expect, test } from 'vitest'
import { Portrait } from './portrait'

test.each([
  ['Wren', 'W'],
  ['Captain Marrow', 'M'],
  ['Mrs. Hale', 'H'],
  ['Tobias Wren', 'T'],
  ['«émile»', 'É'],
  ['مريم', 'م'],
  ['آقای حسینی', 'ح'],
  ['林黛玉', '林'],
  ['Sir', 'S'],
  ['…', '·'],
])('without a picture %s is shown as %s', (name, letter) => {
  expect(render(<Portrait name={name} />).container).toHaveTextContent(letter)
})

test('a picture is read from where the app lives and adds no name of its own', () => {
  const { container } = render(<Portrait name="Wren" image="/api/characters/1/avatar?v=ab" />)

  expect(container.querySelector('img')).toHaveAttribute('src', `${location.origin}/api/characters/1/avatar?v=ab`)
  expect(container.querySelector('img')).toHaveAttribute('alt', '')
})
