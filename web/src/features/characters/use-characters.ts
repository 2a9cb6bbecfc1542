import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { characterKeys } from '../../shared/api/characters'
import { answer, api, ifMatch, LONGEST_PAGE } from '../../shared/api/client'
import { useChange } from '../../shared/api/mutations'
import type { components } from '../../shared/api/schema.gen'
import { sessionsQuery } from '../../shared/api/sessions'
import type { Character } from '../../shared/api/wire'

export type Revision = components['schemas']['CharacterRevisionOut']
export type CharacterFields = Pick<
  Character,
  | 'name'
  | 'description'
  | 'personality'
  | 'scenario'
  | 'first_mes'
  | 'alternate_greetings'
  | 'mes_example'
  | 'system_prompt'
  | 'post_history_instructions'
  | 'creator_notes'
  | 'tags'
>

const CHATS_SHOWN = 10

/** All characters, archived or not, page after page until they are here: tags and names are of all of them. */
export function useEveryCharacter(archived: boolean) {
  const query = useInfiniteQuery({
    queryKey: [...characterKeys.all, 'every', archived],
    queryFn: ({ pageParam: cursor, signal }) =>
      answer(api.GET('/api/characters', { params: { query: { limit: LONGEST_PAGE, archived, cursor } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  })
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = query
  useEffect(() => {
    if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage()
  }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage])
  return query
}

/** The chats with a character that were talked in last. */
export function useChatsWith(id: string) {
  return useInfiniteQuery({
    ...sessionsQuery({ character_id: id, limit: CHATS_SHOWN }),
    select: ({ pages }) => pages.flatMap(({ sessions }) => sessions),
  })
}

/** What a character was before each change, newest first. */
export function useRevisions(id: string) {
  return useInfiniteQuery({
    queryKey: [...characterKeys.all, 'revisions', id],
    queryFn: ({ pageParam: cursor, signal }) =>
      answer(
        api.GET('/api/characters/{character_id}/revisions', {
          params: { path: { character_id: id }, query: { cursor } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  })
}

export function useCreateCharacter() {
  return useChange(characterKeys.all, (fields: CharacterFields) =>
    answer(api.POST('/api/characters', { body: fields })),
  )
}

/** Change some fields of the version that the reader saw; a change over somebody's newer one is refused. */
export function useChangeCharacter(id: string) {
  return useChange(characterKeys.all, ({ version, fields }: { version: number; fields: Partial<CharacterFields> }) =>
    answer(
      api.PATCH('/api/characters/{character_id}', {
        params: { path: { character_id: id }, header: ifMatch(version) },
        body: fields,
      }),
    ),
  )
}

export function useDeleteCharacter(id: string) {
  return useChange(characterKeys.all, () => answer(api.DELETE('/api/characters/{character_id}', inPath(id))))
}

export function useRestoreCharacter() {
  return useChange(characterKeys.all, (id: string) =>
    answer(api.POST('/api/characters/{character_id}/restore', inPath(id))),
  )
}

export function useArchiveCharacter(id: string) {
  return useChange(characterKeys.all, (archived: boolean) =>
    answer(
      archived
        ? api.POST('/api/characters/{character_id}/archive', inPath(id))
        : api.POST('/api/characters/{character_id}/unarchive', inPath(id)),
    ),
  )
}

/** Give a character a picture; the server keeps the picture and nothing else of the file. */
export function useSetPortrait(id: string) {
  return useChange(characterKeys.all, (file: File) => {
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
