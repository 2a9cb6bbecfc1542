import { RotateCcw } from 'lucide-react'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { Time } from '../../shared/ui/time'
import { useNotify } from '../../shared/ui/toaster'
import { differing, FIELD, told } from './texts'
import { type CharacterFields, type Revision, useChangeCharacter, useRevisions } from './use-characters'

/** What the character was before each change; any of it can be brought back. */
export function Revisions({ character }: { character: Character }) {
  const t = useText()
  const revisions = useRevisions(character.id)
  if (revisions.isPending) return <Skeleton lines={5} />
  if (!revisions.data) {
    return (
      <Failure error={revisions.error} what={t('characters.versionsUnread')} onRetry={() => void revisions.refetch()} />
    )
  }
  if (revisions.data.length === 0) return <Empty>{t('characters.noVersions')}</Empty>
  return (
    <>
      <p className="mb-4 text-soft">{t('characters.versionsLead', { version: character.version })}</p>
      <ol className="divide-y divide-line border-line border-y">
        {revisions.data.map((revision, place) => {
          const next = revisions.data[place - 1]
          return (
            <Former
              key={revision.version}
              revision={revision}
              next={next ? fieldsOf(next) : character}
              character={character}
            />
          )
        })}
      </ol>
      {revisions.hasNextPage && (
        <Button className="mt-4" disabled={revisions.isFetchingNextPage} onClick={() => void revisions.fetchNextPage()}>
          {t('characters.olderVersions')}
        </Button>
      )}
    </>
  )
}

interface FormerProps {
  revision: Revision
  /** What it became. */
  next: Partial<CharacterFields>
  character: Character
}

function Former({ revision, next, character }: FormerProps) {
  const t = useText()
  const notify = useNotify()
  const change = useChangeCharacter(character.id)
  const former = fieldsOf(revision)
  const changed = differing(former, next)
  const { version } = revision

  const onError = (error: Error) => notify.alert(error.message)
  const restore = () =>
    change.mutate(
      { version: character.version, fields: former },
      {
        onError,
        onSuccess: (now) =>
          notify.say(t('characters.versionIsBack', { version }), () =>
            change.mutate({ version: now.version, fields: fieldsOf({ fields: { ...character } }) }, { onError }),
          ),
      },
    )

  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-4 py-3">
      <details className="min-w-0">
        <summary className="cursor-pointer">
          <span className="font-semibold">{t('characters.version', { version })}</span>{' '}
          <span className="text-small text-soft">
            {t.rich('characters.replaced', { when: <Time at={new Date(revision.created_at)} /> })}
            {changed.length > 0 && ` · ${changed.map((name) => t(FIELD[name])).join(', ')}`}
          </span>
        </summary>
        <dl className="mt-3 grid gap-3">
          {changed.map((name) => (
            <div key={name}>
              <dt className="text-small text-soft">{t(FIELD[name])}</dt>
              <dd className="max-h-64 overflow-y-auto whitespace-pre-wrap break-words font-story" dir="auto">
                {told(former[name]) || '—'}
              </dd>
            </div>
          ))}
        </dl>
      </details>
      <Button disabled={change.isPending} aria-label={t('characters.restoreVersion', { version })} onClick={restore}>
        <RotateCcw size={18} aria-hidden />
        {t('characters.restore')}
      </Button>
    </li>
  )
}

/** A revision holds the fields under their own names, and some that the page does not show. */
function fieldsOf({ fields }: { fields: Record<string, unknown> }): Partial<CharacterFields> {
  return Object.fromEntries(Object.keys(FIELD).flatMap((name) => (name in fields ? [[name, fields[name]]] : [])))
}
