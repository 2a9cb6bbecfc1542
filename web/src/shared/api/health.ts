import { answer, api } from './client'
import type { components } from './schema.gen'

export type Health = components['schemas']['Health']
export type WorkerHealth = components['schemas']['WorkerHealth']

/** How the parts of the installation are, as the node sees them that answers. */
export function getHealth(): Promise<Health> {
  return answer(api.GET('/api/health'))
}
