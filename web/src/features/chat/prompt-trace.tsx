import { useQuery } from '@tanstack/react-query'
import { getPrompt, type Prompt, type PromptPart } from '../../shared/api/messages'
import { Problem } from '../../shared/api/problem'
import type { Message } from '../../shared/api/wire'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { number } from '../../shared/lib/numbers'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'

const PARTS: Record<PromptPart['part'], MessageKey> = {
  system_prompt: 'chat.partSystemPrompt',
  persona: 'chat.partPersona',
  description: 'chat.partDescription',
  personality: 'chat.partPersonality',
  scenario: 'chat.partScenario',
  example: 'chat.partExample',
  greeting: 'chat.partGreeting',
  history: 'chat.partHistory',
  world_time: 'chat.partWorldTime',
  post_history_instructions: 'chat.partPostHistory',
  instruction: 'chat.partInstruction',
  reminder: 'chat.partReminder',
  proceed: 'chat.partProceed',
  kept: 'chat.partKept',
  continue: 'chat.partContinue',
}

const CUTS: Record<NonNullable<PromptPart['cut']>, MessageKey> = {
  no_room: 'chat.cutNoRoom',
  over_share: 'chat.cutOverShare',
  unpaired: 'chat.cutUnpaired',
  hidden: 'chat.cutHidden',
  no_text: 'chat.cutNoText',
  tiny_model: 'chat.cutTinyModel',
}

const SPEAKERS: Record<PromptPart['role'], MessageKey> = {
  system: 'chat.roleSystem',
  user: 'chat.roleUser',
  assistant: 'chat.roleAssistant',
}

/** Parts of one kind that follow each other and were all sent, or all left out for the same reason. */
interface Group {
  part: PromptPart['part']
  cut: PromptPart['cut']
  count: number
  tokens: number
}

/** Why did it say that? What the model read for a reply, part by part and word for word. */
export function PromptTrace({ message }: { message: Message }) {
  const t = useText()
  const { data, error, refetch } = useQuery({
    queryKey: ['messages', message.id, 'prompt', message.attempt],
    queryFn: () => getPrompt(message.id),
  })
  if (error instanceof Problem && error.body.status === 404) return <Empty>{t('chat.promptNone')}</Empty>
  if (error && !data) return <Failure error={error} what={t('chat.promptFailed')} onRetry={() => void refetch()} />
  if (!data) return <Skeleton lines={8} />
  const groups = groupsOf(data.parts)
  return (
    <div className="grid gap-6">
      <Window prompt={data} message={message} />
      <Groups title={t('chat.promptSent')} groups={groups.filter(({ cut }) => cut === null)} />
      <Groups title={t('chat.promptCut')} groups={groups.filter(({ cut }) => cut !== null)} />
      <details>
        <summary className="cursor-pointer font-semibold">{t('chat.promptWords')}</summary>
        <ol className="mt-3 grid gap-4">
          {data.messages.map(({ role, text }, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a prompt never changes once it was sent
            <li key={place}>
              <p className="text-small text-soft">{t(SPEAKERS[role])}</p>
              <p className="mt-1 whitespace-pre-wrap break-words rounded-control bg-sunken p-3 text-small" dir="auto">
                {text ?? t('chat.promptPurged')}
              </p>
            </li>
          ))}
        </ol>
      </details>
    </div>
  )
}

function Window({ prompt, message }: { prompt: Prompt; message: Message }) {
  const t = useText()
  const { tokens, window, reserve, counted, sampling } = prompt
  const settings = Object.entries(sampling).filter(([, value]) => value !== null)
  return (
    <div className="grid gap-2">
      {message.model && (
        <p className="break-words" dir="auto">
          {[message.model, message.provider].filter(Boolean).join(' · ')}
        </p>
      )}
      <div aria-hidden className="flex h-2 overflow-hidden rounded-full bg-sunken">
        <span className="bg-accent" style={{ inlineSize: `${Math.min(100, (tokens / window) * 100)}%` }} />
      </div>
      <p>{t('chat.promptTokens', { tokens, window })}</p>
      <p className="text-small text-soft">
        {t('chat.promptReserve', { reserve })}{' '}
        {counted === 'exact' ? t('chat.promptCounted') : t('chat.promptEstimated')}
      </p>
      {settings.length > 0 && (
        <p className="break-words text-small text-soft" dir="ltr">
          {settings.map(([name, value]) => `${name} ${String(value)}`).join(' · ')}
        </p>
      )}
    </div>
  )
}

function Groups({ title, groups }: { title: string; groups: readonly Group[] }) {
  const t = useText()
  if (groups.length === 0) return null
  return (
    <section aria-label={title}>
      <h3 className="font-semibold">{title}</h3>
      <ul className="mt-2 grid gap-1.5">
        {groups.map(({ part, cut, count, tokens }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a prompt never changes once it was sent
          <li key={place} className="flex items-baseline justify-between gap-4">
            <span className="min-w-0">
              {count > 1 ? t('chat.promptParts', { part: t(PARTS[part]), n: count }) : t(PARTS[part])}
              {cut && <span className="block text-small text-soft">{t(CUTS[cut])}</span>}
            </span>
            <span className="text-small text-soft tabular-nums">{number(tokens)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function groupsOf(parts: readonly PromptPart[]): Group[] {
  const groups: Group[] = []
  for (const { part, cut, tokens } of parts) {
    const last = groups.at(-1)
    if (last && last.part === part && last.cut === cut) {
      last.count += 1
      last.tokens += tokens
    } else groups.push({ part, cut, count: 1, tokens })
  }
  return groups
}
