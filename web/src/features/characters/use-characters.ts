import { useMutation, useQueryClient } from '@tanstack/react-query'
import { characterKeys } from '../../shared/api/characters'
import { call } from '../../shared/api/client'
import type { Problem } from '../../shared/api/problem'
import type { Character } from '../../shared/api/wire'

export type CharacterFields = Pick<
  Character,
  | 'name'
  | 'description'
  | 'personality'
  | 'scenario'
  | 'first_mes'
  | 'mes_example'
  | 'system_prompt'
  | 'post_history_instructions'
  | 'creator_notes'
  | 'tags'
>

/** Make a character, or change the one that is given; a change over somebody's newer one is refused. */
export function useSaveCharacter(character: Character | null) {
  return useCharacterMutation((fields: CharacterFields) =>
    character
      ? call<Character>('PATCH', `characters/${character.id}`, { body: fields, version: character.version })
      : call<Character>('POST', 'characters', { body: fields }),
  )
}

export function useDeleteCharacter(id: string) {
  return useCharacterMutation(() => call<void>('DELETE', `characters/${id}`))
}

export function useRestoreCharacter() {
  return useCharacterMutation((id: string) => call<Character>('POST', `characters/${id}/restore`))
}

export function useArchiveCharacter(id: string) {
  return useCharacterMutation((archived: boolean) =>
    call<Character>('POST', `characters/${id}/${archived ? 'archive' : 'unarchive'}`),
  )
}

/** Give a character a picture; the server keeps the picture and nothing else of the file. */
export function useSetPortrait(id: string) {
  return useCharacterMutation((file: File) => {
    const form = new FormData()
    form.set('file', file)
    return call<Character>('PUT', `characters/${id}/avatar`, { form })
  })
}

function useCharacterMutation<Input, Answer>(mutationFn: (input: Input) => Promise<Answer>) {
  const queryClient = useQueryClient()
  return useMutation<Answer, Problem, Input>({
    mutationFn,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: characterKeys.all }),
  })
}
