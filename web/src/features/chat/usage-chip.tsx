import type { Message } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { number } from '../../shared/lib/numbers'
import type { Panel } from './panel'

/** Who wrote a reply and how much that took; what was read for it is a press away. */
export function UsageChip({ message, onOpen }: { message: Message; onOpen: (panel: Panel) => void }) {
  const t = useText()
  const { model, usage } = message
  const written = count(usage, 'completion_tokens')
  const read = count(usage, 'prompt_tokens')
  if (!model && written === null) return null
  const cost = count(usage, 'cost')
  const waited = count(usage, 'first_token_ms')
  const details = [
    read !== null && written !== null && t('chat.usage', { read, written }),
    waited !== null && t('chat.firstToken', { seconds: number(waited / 1_000, { maximumSignificantDigits: 2 }) }),
    cost !== null && t('chat.cost', { cost: number(cost, { maximumSignificantDigits: 3 }) }),
    t('chat.why'),
  ]
  return (
    <button
      type="button"
      title={details.filter(Boolean).join('\n')}
      // In a narrow window it would need a line of its own, which nobody sees until the pointer comes.
      className="min-h-8 min-w-0 max-w-full truncate rounded-control px-2 hover:bg-sunken hover:text-ink pointer-coarse:min-h-11 max-sm:pointer-fine:hidden"
      onClick={(event) => onOpen({ kind: 'prompt', message, from: event.currentTarget })}
    >
      <bdi>{model}</bdi>
      {model && written !== null && ' · '}
      {written !== null && t('chat.tokens', { n: written })}
    </button>
  )
}

/** A figure of `usage`, whose members depend on the provider. */
function count(usage: Message['usage'], name: string): number | null {
  const value = usage?.[name]
  return typeof value === 'number' ? value : null
}
