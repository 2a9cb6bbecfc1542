import { MutationObserver, onlineManager } from '@tanstack/react-query'
import { afterEach, expect, test } from 'vitest'
import { queryClient } from './providers'

afterEach(() => onlineManager.setOnline(true))

test('a browser that believes to be offline asks all the same: the server may be on this machine', async () => {
  onlineManager.setOnline(false)

  expect(await queryClient.fetchQuery({ queryKey: ['near'], queryFn: () => 'read' })).toBe('read')
  const change = new MutationObserver(queryClient, { mutationFn: () => Promise.resolve('changed') })
  expect(await change.mutate()).toBe('changed')
})
