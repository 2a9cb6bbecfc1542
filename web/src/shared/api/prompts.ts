import { useQuery } from '@tanstack/react-query'
import { answer, api, LONGEST_PAGE } from './client'
import type { components } from './schema.gen'
import { useSettings } from './settings'

export type Prompt = components['schemas']['causerie__prompts__schemas__PromptOut']

export const promptKeys = {
  all: ['prompts'] as const,
  list: ['prompts', 'list'] as const,
  uses: (id: string) => ['prompts', 'uses', id] as const,
}

/** The texts that a prompt can begin with. */
export function usePrompts() {
  return useQuery({
    queryKey: promptKeys.list,
    queryFn: () => answer(api.GET('/api/prompts', { params: { query: { limit: LONGEST_PAGE } } })),
  })
}

/** The text that a prompt begins with where a chat says nothing else: the settings choose, and without them the row that calls itself the default. */
export function useDefaultPromptId(): string | null {
  const { data: settings } = useSettings()
  const { data: prompts } = usePrompts()
  return settings?.default_system_prompt_id ?? prompts?.items.find(({ is_default }) => is_default)?.id ?? null
}
