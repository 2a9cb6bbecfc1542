import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useSyncExternalStore } from 'react'
import { answer, api } from '../api/client'
import type { Problem } from '../api/problem'
import { type Settings, settingsKey, useSettings } from '../api/settings'
import { useNotify } from '../ui/toaster'
import {
  adopt,
  type Interface,
  type InterfaceChange,
  interfaceNow,
  onInterface,
  settle,
  show,
  unsent,
} from './interface'

/** By this whoever shows a choice finds out whether the server has it. */
export const interfaceChange = ['change', 'interface'] as const

/** How the reader wants the pages, and a way to change it: seen at once everywhere, sent to the server behind. */
export function useInterface(): [Interface, (change: InterfaceChange) => void] {
  const present = useSyncExternalStore(onInterface, interfaceNow)
  const send = useSend()
  const change = useCallback(
    (members: InterfaceChange) => {
      show(members)
      send(members)
    },
    [send],
  )
  return [present, change]
}

/** Follow what other devices chose, and send what could not be sent before whenever the server can be read. */
export function useKeptInterface(): void {
  const queryClient = useQueryClient()
  const { data, dataUpdatedAt } = useSettings()
  const send = useSend()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same settings read again tell that the server is back
  useEffect(() => {
    if (!data) return
    adopt(data.interface)
    const left = unsent()
    const underWay = queryClient.isMutating({ mutationKey: interfaceChange }) > 0
    if (!underWay && Object.keys(left).length > 0) send(left)
  }, [data, dataUpdatedAt, send, queryClient])
}

function useSend() {
  const queryClient = useQueryClient()
  const notify = useNotify()
  return useMutation<Settings, Problem, InterfaceChange>({
    mutationKey: interfaceChange,
    // One after the other, so that the last choice is the one that stays.
    scope: { id: 'interface' },
    // It is shown already, and may wait for a network.
    networkMode: 'online',
    mutationFn: (members) => answer(api.PATCH('/api/settings', { body: { interface: members } })),
    // An answer that is older than the change would take it back for a moment.
    onMutate: () => queryClient.cancelQueries({ queryKey: settingsKey }),
    onSuccess: (settings, members) => {
      settle(members)
      queryClient.setQueryData(settingsKey, settings)
    },
    onError: (problem, members) => {
      if (problem.body.status === 0 || problem.body.retryable) return
      settle(members)
      adopt(queryClient.getQueryData<Settings>(settingsKey)?.interface ?? {})
      notify.alert(problem.message)
    },
  }).mutate
}
