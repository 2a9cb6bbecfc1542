import type { Model } from '../../shared/api/wire'

interface Provider {
  name: string
  /** An example of a model's name there. */
  example: string
}

export const PROVIDERS: Record<Model['provider'], Provider> = {
  local: { name: 'On this machine', example: '' },
  openai: { name: 'OpenAI or compatible', example: 'gpt-5-mini' },
  openrouter: { name: 'OpenRouter', example: 'mistralai/mistral-small' },
  gemini: { name: 'Google Gemini', example: 'gemini-2.5-flash' },
  langchain: { name: 'LangChain', example: '' },
}
