import { useQuery } from '@tanstack/react-query'
import { answer, api, ifMatch } from '../../shared/api/client'
import { useChange, useRemove, useRestore } from '../../shared/api/mutations'
import { type Prompt, promptKeys } from '../../shared/api/prompts'
import type { components } from '../../shared/api/schema.gen'
import { settingsKey } from '../../shared/api/settings'

type Schemas = components['schemas']
export type PromptFields = Pick<Prompt, 'name' | 'content'>

/** How many chats use a prompt, and whether it is the usual one. */
export function getUses(id: string): Promise<Schemas['Uses']> {
  return answer(api.GET('/api/prompts/{prompt_id}/uses', inPath(id)))
}

/** Make a prompt, or change the one that is given; a change over somebody's newer one is refused. */
export function useSavePrompt(prompt: Prompt | null) {
  return useChange(promptKeys.list, (fields: PromptFields) =>
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
  return useRemove(promptKeys.list, async (id) => {
    const uses = await getUses(id)
    await api.DELETE('/api/prompts/{prompt_id}', inPath(id))
    return uses
  })
}

export function useRestorePrompt() {
  return useRestore(promptKeys.list, (id) => answer(api.POST('/api/prompts/{prompt_id}/restore', inPath(id))))
}

/** Chats that name no prompt begin with this one. */
export function useDefaultPrompt() {
  return useChange(settingsKey, (id: string) =>
    answer(api.PATCH('/api/settings', { body: { default_system_prompt_id: id } })),
  )
}

/** The very text that a model would be sent, with all names in it. */
export function usePreview(preview: Schemas['PromptPreview'] | null) {
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
