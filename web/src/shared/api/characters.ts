import { useQuery } from '@tanstack/react-query'
import { answer, api, LONGEST_PAGE } from './client'

export const characterKeys = {
  all: ['characters'] as const,
  list: ['characters', 'list'] as const,
  one: (id: string) => ['characters', 'one', id] as const,
}

function getCharacters() {
  return answer(api.GET('/api/characters', { params: { query: { limit: LONGEST_PAGE } } }))
}

export function getCharacter(id: string) {
  return answer(api.GET('/api/characters/{character_id}', { params: { path: { character_id: id } } }))
}

export function useCharacters() {
  return useQuery({ queryKey: characterKeys.list, queryFn: getCharacters })
}

/** One character, as the list has it if it is there. */
export function useCharacter(id: string | null) {
  const { data: page } = useCharacters()
  const listed = page?.items.find((character) => character.id === id)
  const { data, error, isPending, refetch } = useQuery({
    queryKey: characterKeys.one(id ?? ''),
    queryFn: () => getCharacter(id ?? ''),
    enabled: id !== null && page !== undefined && listed === undefined,
  })
  return { data: listed ?? data, error, isPending: isPending && listed === undefined, refetch }
}
