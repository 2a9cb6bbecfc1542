import { Archive, ArchiveRestore, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, useNavigate } from 'react-router'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { Markdown } from '../../shared/markdown/markdown'
import { Button } from '../../shared/ui/button'
import { ChatsWith } from './chats-with'
import { InUse } from './in-use'
import { Picture } from './picture'
import { useRemoval } from './use-removal'

/** A character to read: how it looks and speaks, who it is, and what was said with it. */
export function AboutCharacter({ character }: { character: Character }) {
  const t = useText()
  const { name, description, personality, scenario, tags } = character
  const greetings = [character.first_mes, ...character.alternate_greetings].filter(Boolean)
  return (
    <div className="grid gap-10">
      <div className="grid gap-6 sm:grid-cols-[12rem_minmax(0,1fr)] sm:gap-8">
        <div className="max-w-48">
          <Picture name={name} image={character.avatar_image} />
          {tags.length > 0 && (
            <ul aria-label={t('characters.tags')} className="mt-3 flex flex-wrap gap-1.5">
              {tags.map((tag) => (
                <li key={tag} className="max-w-full">
                  <Link
                    to={`/gallery?${new URLSearchParams({ tags: tag })}`}
                    className="block truncate rounded-full border border-line bg-surface px-2.5 py-0.5 text-small hover:border-soft"
                    dir="auto"
                  >
                    {tag}
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </div>
        <div className="grid content-start gap-6">
          {greetings.length === 0 && !description && <p className="text-soft">{t('characters.unwritten')}</p>}
          {greetings[0] && (
            <Told heading={t('characters.firstWords')}>
              <Markdown text={greetings[0]} />
            </Told>
          )}
          {greetings.length > 1 && (
            <details>
              <summary className="cursor-pointer text-soft">
                {t('characters.otherGreetings', { n: greetings.length - 1 })}
              </summary>
              <ul className="mt-3 grid gap-4">
                {greetings.slice(1).map((greeting) => (
                  <li key={greeting} className="tale border-line border-s ps-4" dir="auto">
                    <Markdown text={greeting} />
                  </li>
                ))}
              </ul>
            </details>
          )}
          {description && (
            <Told heading={t('characters.description')}>
              <Markdown text={description} />
            </Told>
          )}
          {personality && (
            <Told heading={t('characters.personality')}>
              <Markdown text={personality} />
            </Told>
          )}
          {scenario && (
            <Told heading={t('characters.scenario')}>
              <Markdown text={scenario} />
            </Told>
          )}
        </div>
      </div>
      <section>
        <h2 className="mb-3 font-semibold font-story text-title">{t('characters.chatsWith', { name })}</h2>
        <ChatsWith character={character} />
      </section>
      <Removal character={character} />
    </div>
  )
}

function Told({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="mb-1 font-semibold text-small text-soft">{heading}</h2>
      <div className="tale" dir="auto">
        {children}
      </div>
    </section>
  )
}

function Removal({ character }: { character: Character }) {
  const t = useText()
  const navigate = useNavigate()
  const removal = useRemoval(character)
  const { archived } = character
  return (
    <section aria-label={t('characters.remove')} className="flex flex-wrap gap-2 border-line border-t pt-6">
      <Button look="quiet" disabled={removal.busy} onClick={() => removal.archive(!archived)}>
        {archived ? <ArchiveRestore size={18} aria-hidden /> : <Archive size={18} aria-hidden />}
        {t(archived ? 'characters.bringBack' : 'characters.archive')}
      </Button>
      <Button look="danger" disabled={removal.busy} onClick={() => removal.remove(() => navigate('/gallery'))}>
        <Trash2 size={18} aria-hidden />
        {t('characters.delete')}
      </Button>
      {removal.refused && <InUse character={character} removal={removal} />}
    </section>
  )
}
