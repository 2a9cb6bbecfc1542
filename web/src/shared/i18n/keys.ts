/** The keys of all messages, `<namespace>.<name>`: the English files say which there are. */

import type app from './en/app.json'
import type characters from './en/characters.json'
import type chat from './en/chat.json'
import type health from './en/health.json'
import type keys from './en/keys.json'
import type markdown from './en/markdown.json'
import type models from './en/models.json'
import type onboarding from './en/onboarding.json'
import type outbox from './en/outbox.json'
import type profiles from './en/profiles.json'
import type prompts from './en/prompts.json'
import type search from './en/search.json'
import type sessions from './en/sessions.json'
import type settings from './en/settings.json'
import type shared from './en/shared.json'
import type trash from './en/trash.json'
import type usage from './en/usage.json'

interface Namespaces {
  app: typeof app
  characters: typeof characters
  chat: typeof chat
  health: typeof health
  keys: typeof keys
  markdown: typeof markdown
  models: typeof models
  onboarding: typeof onboarding
  outbox: typeof outbox
  profiles: typeof profiles
  prompts: typeof prompts
  search: typeof search
  sessions: typeof sessions
  settings: typeof settings
  shared: typeof shared
  trash: typeof trash
  usage: typeof usage
}

export type MessageKey = {
  [Namespace in keyof Namespaces]: `${Namespace}.${keyof Namespaces[Namespace] & string}`
}[keyof Namespaces]
