import type { Model } from '../../shared/api/wire'
import type { MessageKey } from '../../shared/i18n/keys'

/** Of a provider's server; empty: the usual one. */
export const ADDRESS = /^$|^https?:\/\/\S+$/

interface Provider {
  name: MessageKey
  /** An example of a model's name there. */
  example: string
}

export const PROVIDERS: Record<Model['provider'], Provider> = {
  local: { name: 'models.local', example: '' },
  openai: { name: 'models.openai', example: 'gpt-5-mini' },
  openrouter: { name: 'models.openrouter', example: 'mistralai/mistral-small' },
  gemini: { name: 'models.gemini', example: 'gemini-2.5-flash' },
  langchain: { name: 'models.langchain', example: '' },
}
