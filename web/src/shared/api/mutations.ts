import { type QueryKey, type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { useNotify } from '../ui/toaster'
import type { Problem } from './problem'

/** Something that the reader can do, and what became of it. */
export type Deed<Input, Answer = unknown> = UseMutationResult<Answer, Problem, Input>

/** A change that the server makes; what the cache holds below `changed` is read again after it. */
export function useChange<Input, Answer>(
  changed: QueryKey,
  change: (input: Input) => Promise<Answer>,
): Deed<Input, Answer> {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (input) => change(input),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: changed }),
  })
}

/** Put a row of a list into the trash, by its id. */
export function useRemove<Answer>(list: QueryKey, remove: (id: string) => Promise<Answer>): Deed<string, Answer> {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (id) => remove(id),
    // Not waited for: the row's own words about it come before the list takes the row away.
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: list }),
  })
}

/** Bring a row of a list back, by its id. It may be gone from the page by then, so a refusal is told from here. */
export function useRestore<Answer>(list: QueryKey, restore: (id: string) => Promise<Answer>): Deed<string, Answer> {
  const queryClient = useQueryClient()
  const notify = useNotify()
  return useMutation({
    mutationFn: (id) => restore(id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: list }),
    onError: (problem) => notify.alert(problem.message),
  })
}
