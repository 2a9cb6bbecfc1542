import type { MessageKey } from '../i18n/keys'
import { useText } from '../i18n/text'

const STARTERS: MessageKey[] = [
  'shared.starterSecret',
  'shared.starterWindow',
  'shared.starterStory',
  'shared.starterFood',
]

/** First words that any character can answer, also when a very small model speaks for it. */
export function useStarters(): string[] {
  const t = useText()
  return STARTERS.map((key) => t(key))
}
