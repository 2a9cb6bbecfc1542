import { answer, api, ifMatch } from '../../shared/api/client'
import { modelKeys } from '../../shared/api/models'
import { useChange, useRemove, useRestore } from '../../shared/api/mutations'
import type { components } from '../../shared/api/schema.gen'
import { settingsKey } from '../../shared/api/settings'
import type { Model } from '../../shared/api/wire'

export type ModelChange = components['schemas']['ModelPatch']

export function useAddModel() {
  return useChange(modelKeys.list, (model: components['schemas']['NewModel']) =>
    answer(api.POST('/api/models', { body: model })),
  )
}

/** Change a model; a change over somebody's newer one is refused. */
export function useChangeModel({ id, version }: Model) {
  return useChange(modelKeys.list, (change: ModelChange) =>
    answer(
      api.PATCH('/api/models/{model_id}', {
        params: { path: { model_id: id }, header: ifMatch(version) },
        body: change,
      }),
    ),
  )
}

export function useDeleteModel() {
  return useRemove(modelKeys.list, (id) => api.DELETE('/api/models/{model_id}', inPath(id)))
}

export function useRestoreModel() {
  return useRestore(modelKeys.list, (id) => answer(api.POST('/api/models/{model_id}/restore', inPath(id))))
}

export function useDefaultModel() {
  return useChange(settingsKey, (id: string) =>
    answer(api.PATCH('/api/settings', { body: { default_ai_model_id: id } })),
  )
}

function inPath(id: string) {
  return { params: { path: { model_id: id } } }
}
