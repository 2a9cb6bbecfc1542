import { useMutation, useQueryClient } from '@tanstack/react-query'
import { characterKeys } from '../../shared/api/characters'
import { answer, api, ifMatch } from '../../shared/api/client'
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
    answer(
      character
        ? api.PATCH('/api/characters/{character_id}', {
            params: { path: { character_id: character.id }, header: ifMatch(character.version) },
            body: fields,
          })
        : api.POST('/api/characters', { body: fields }),
    ),
  )
}

export function useDeleteCharacter(id: string) {
  return useCharacterMutation(() => answer(api.DELETE('/api/characters/{character_id}', inPath(id))))
}

export function useRestoreCharacter() {
  return useCharacterMutation((id: string) => answer(api.POST('/api/characters/{character_id}/restore', inPath(id))))
}

export function useArchiveCharacter(id: string) {
  return useCharacterMutation((archived: boolean) =>
    answer(
      archived
        ? api.POST('/api/characters/{character_id}/archive', inPath(id))
        : api.POST('/api/characters/{character_id}/unarchive', inPath(id)),
    ),
  )
}

/** Give a character a picture; the server keeps the picture and nothing else of the file. */
export function useSetPortrait(id: string) {
  return useCharacterMutation((file: File) => {
    const form = new FormData()
    form.set('file', file)
    return answer(
      api.PUT('/api/characters/{character_id}/avatar', {
        ...inPath(id),
        // The description knows a file as a string; what is sent is the form itself.
        body: { file: file.name },
        bodySerializer: () => form,
      }),
    )
  })
}

function inPath(id: string) {
  return { params: { path: { character_id: id } } }
}

function useCharacterMutation<Input, Answer>(mutationFn: (input: Input) => Promise<Answer>) {
  const queryClient = useQueryClient()
  return useMutation<Answer, Problem, Input>({
    mutationFn,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: characterKeys.all }),
  })
}
