import { act, render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { Problem } from '../../shared/api/problem'
import { doToMany, useProgress } from './many'

function Bar() {
  const progress = useProgress()
  return <output>{progress ? `${progress.deed} ${progress.done}/${progress.total}` : 'quiet'}</output>
}

/** A deed whose parts end when the test says so. */
function begin(deed: 'delete' | 'undo', ids: readonly string[]) {
  const parts = new Map<string, PromiseWithResolvers<void>>()
  const outcome = doToMany(deed, ids, (id) => {
    const part = Promise.withResolvers<void>()
    parts.set(id, part)
    return part.promise
  })
  return {
    outcome,
    end: (id: string) => act(async () => parts.get(id)?.resolve()),
    refuse: (id: string, status: number) =>
      act(async () =>
        parts.get(id)?.reject(new Problem({ type: 'about:blank', title: 'No', status, code: 'no', detail: 'No.' })),
      ),
  }
}

const bar = () => screen.getByRole('status').textContent

test('what is gone already counts as dealt with, but not as done', async () => {
  render(<Bar />)
  let deed!: ReturnType<typeof begin>
  act(() => {
    deed = begin('delete', ['a', 'b', 'c'])
  })
  expect(bar()).toBe('delete 0/3')
  await deed.end('a')
  await deed.refuse('b', 404)
  expect(bar()).toBe('delete 2/3')
  await deed.end('c')

  expect(bar()).toBe('quiet')
  expect(await deed.outcome).toEqual({ done: ['a', 'c'], problem: null })
})

test('a deed that begins during another is shown, and the other again after it', async () => {
  render(<Bar />)
  let long!: ReturnType<typeof begin>
  let short!: ReturnType<typeof begin>
  act(() => {
    long = begin('delete', ['a', 'b'])
  })
  await long.end('a')
  act(() => {
    short = begin('undo', ['z'])
  })
  expect(bar()).toBe('undo 0/1')
  await short.end('z')

  expect(bar()).toBe('delete 1/2')
  await long.end('b')
  expect(bar()).toBe('quiet')
})
