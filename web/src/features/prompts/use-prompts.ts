import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api, ifMatch } from '../../shared/api/client'
import { settingsKey } from '../../shared/api/models'
import type { Problem } from '../../shared/api/problem'
import { type Prompt, promptKeys } from '../../shared/api/prompts'
import type { components } from '../../shared/api/schema.gen'
import { useNotify } from '../../shared/ui/toaster'

export type PromptFields = Pick<Prompt, 'name' | 'content'>
export type Uses = components['schemas']['Uses']
export type Previewed = components['schemas']['PromptPreview']

/** How many chats use a prompt, and whether it is the usual one. */
export function getUses(id: string): Promise<Uses> {
  return answer(api.GET('/api/prompts/{prompt_id}/uses', inPath(id)))
}

export function useUses(id: string, wanted: boolean) {
  return useQuery({ queryKey: promptKeys.uses(id), queryFn: () => getUses(id), enabled: wanted })
}

/** Make a prompt, or change the one that is given; a change over somebody's newer one is refused. */
export function useSavePrompt(prompt: Prompt | null) {
  return usePromptMutation((fields: PromptFields) =>
    answer(
      prompt
        ? api.PATCH('/api/prompts/{prompt_id}', {
            params: { path: { prompt_id: prompt.id }, header: ifMatch(prompt.version) },
            body: fields,
          })
        : api.POST('/api/prompts', { body: fields }),
    ),
  )
}

/** Put a prompt into the trash; the answer is what used it. */
export function useDeletePrompt() {
  const queryClient = useQueryClient()
  return useMutation<Awaited<ReturnType<typeof getUses>>, Problem, string>({
    mutationFn: async (id) => {
      const uses = await getUses(id)
      await api.DELETE('/api/prompts/{prompt_id}', inPath(id))
      return uses
    },
    // Not waited for: the row's own words about it come before the list takes the row away.
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: promptKeys.list }),
  })
}

/** Bring one back. Its row may be gone from the page by then, so a refusal is told from here. */
export function useRestorePrompt() {
  const queryClient = useQueryClient()
  const notify = useNotify()
  return useMutation<Prompt, Problem, string>({
    mutationFn: (id) => answer(api.POST('/api/prompts/{prompt_id}/restore', inPath(id))),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: promptKeys.list }),
    onError: (problem) => notify.alert(problem.message),
  })
}

/** Chats that name no prompt begin with this one. */
export function useDefaultPrompt() {
  const queryClient = useQueryClient()
  return useMutation<unknown, Problem, string>({
    mutationFn: (id) => answer(api.PATCH('/api/settings', { body: { default_system_prompt_id: id } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: settingsKey }),
  })
}

/** The very text that a model would be sent, with all names in it. */
export function usePreview(preview: Previewed | null) {
  return useQuery({
    queryKey: [...promptKeys.all, 'preview', preview],
    queryFn: ({ signal }) => answer(api.POST('/api/prompts/preview', { body: preview ?? { content: '' }, signal })),
    enabled: preview !== null,
    // What stands there stays until the next text has come.
    placeholderData: (last) => last,
  })
}

function inPath(id: string) {
  return { params: { path: { prompt_id: id } } }
}

function usePromptMutation<Input, Answer>(mutationFn: (input: Input) => Promise<Answer>) {
  const queryClient = useQueryClient()
  return useMutation<Answer, Problem, Input>({
    mutationFn,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: promptKeys.list }),
  })
}
