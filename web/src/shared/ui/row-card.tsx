import { type QueryKey, useQuery } from '@tanstack/react-query'
import { Check, Copy, Pencil, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import type { Deed } from '../api/mutations'
import { useText } from '../i18n/text'
import { Button, buttonClass, IconButton } from './button'
import { useNotify } from './toaster'

interface RowCardProps<Fields, Used> {
  row: { id: string; name: string }
  isDefault: boolean
  portrait?: ReactNode
  /** A few lines of it. */
  text: string
  /** What a copy of it is made of, beside its name. */
  fields: Omit<Fields, 'name'>
  choose: Deed<string>
  make: Deed<Fields>
  remove: Deed<string, Used>
  restore: Deed<string>
  /** What is said when it is in the trash. */
  inTrash: (used: Used) => string
  /** Below: where it is used. */
  children: ReactNode
}

/** A row that chats can begin with: what it is, and what can be done with it. */
export function RowCard<Fields extends { name: string }, Used>({
  row: { id, name },
  isDefault,
  portrait,
  text,
  fields,
  choose,
  make,
  remove,
  restore,
  inTrash,
  children,
}: RowCardProps<Fields, Used>) {
  const t = useText()
  const notify = useNotify()
  const onError = (error: Error) => notify.alert(error.message)
  // Promises, because who acted may be gone when the server answers: the card with its row, the page with a click.
  const copy = () =>
    make
      .mutateAsync({ ...fields, name: `${name} ${t('shared.copySuffix')}` } as Fields)
      .then(() => notify.say(t('shared.copied', { name })), onError)
  const trash = () =>
    remove.mutateAsync(id).then((used) => notify.say(inTrash(used), () => restore.mutate(id)), onError)
  return (
    <article aria-label={name} className="grid gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        {portrait}
        <div className="min-w-0 flex-1 basis-48">
          <h2 className="flex flex-wrap items-center gap-x-2 font-semibold font-story text-title">
            <span className="min-w-0 break-words" dir="auto">
              {name}
            </span>
            {isDefault && <DefaultMark>{t('shared.isDefault')}</DefaultMark>}
          </h2>
          <p className="line-clamp-4 whitespace-pre-line break-words text-soft" dir="auto">
            {text}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-1 max-sm:-ms-3.5">
          {!isDefault && (
            <Button
              look="quiet"
              aria-label={t('shared.useByDefaultName', { name })}
              disabled={choose.isPending}
              onClick={() => choose.mutate(id, { onError })}
            >
              {t('shared.useByDefault')}
            </Button>
          )}
          <EditLink id={id} name={name} />
          <IconButton icon={Copy} name={t('shared.duplicateName', { name })} disabled={make.isPending} onClick={copy} />
          <IconButton
            icon={Trash2}
            name={t('shared.deleteName', { name })}
            disabled={remove.isPending}
            onClick={trash}
          />
        </div>
      </div>
      {children}
    </article>
  )
}

/** Says beside a name that this row counts where nothing else is chosen. */
export function DefaultMark({ children }: { children: string }) {
  return (
    <span className="inline-flex items-center gap-1 font-normal font-ui text-good text-small">
      <Check size={15} aria-hidden />
      {children}
    </span>
  )
}

/** Opens the form of a row; gets the focus back when that closes (`useReturnedFocus`). */
export function EditLink({ id, name }: { id: string; name: string }) {
  const t = useText()
  return (
    <Link
      id={`edit-${id}`}
      to={`?edit=${id}`}
      aria-label={t('shared.editName', { name })}
      className={buttonClass('quiet', 'gap-1.5')}
    >
      <Pencil size={18} aria-hidden />
      {t('shared.edit')}
    </Link>
  )
}

interface WhereUsedProps<Used> {
  queryKey: QueryKey
  queryFn: () => Promise<Used>
  children: (used: Used) => ReactNode
}

/** What uses a row, looked up when somebody wants to know. */
export function WhereUsed<Used>({ queryKey, queryFn, children }: WhereUsedProps<Used>) {
  const t = useText()
  const [open, setOpen] = useState(false)
  const { data, error, isPending } = useQuery({ queryKey, queryFn, enabled: open })
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className="text-small text-soft">
      <summary className="w-fit cursor-pointer rounded-control py-1 hover:text-ink">{t('shared.whereUsed')}</summary>
      {open && isPending && <p role="status">{t('shared.looking')}</p>}
      {error && <p role="alert">{error.message}</p>}
      {data !== undefined && children(data)}
    </details>
  )
}
