import { Check, Copy, Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'react-router'
import * as z from 'zod/mini'
import { type Prompt, useDefaultPromptId, usePrompts } from '../../shared/api/prompts'
import { useText } from '../../shared/i18n/text'
import { useReturnedFocus } from '../../shared/lib/returned-focus'
import { useSearch } from '../../shared/lib/search-params'
import { Button, buttonClass, IconButton } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { useNotify } from '../../shared/ui/toaster'
import { PromptForm } from './prompt-form'
import { useDefaultPrompt, useDeletePrompt, useRestorePrompt, useSavePrompt, useUses } from './use-prompts'

/** The prompt whose form is open, or `new`. */
const search = z.object({ edit: z.catch(z.string(), '') })
const NEW = 'new'

/** The texts that a prompt can begin with. */
export function PromptsPage() {
  const t = useText()
  const [{ edit }, change] = useSearch(search)
  const { data, error, isPending, refetch } = usePrompts()
  const defaultId = useDefaultPromptId()
  const close = () => change({ edit: '' })
  useReturnedFocus(edit)
  return (
    <Page
      title={t('prompts.title')}
      lead={t('prompts.lead')}
      actions={edit !== NEW && data && data.items.length > 0 && <NewPrompt />}
    >
      {isPending && <Skeleton lines={6} />}
      {error && <Failure error={error} what={t('prompts.unread')} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && edit !== NEW && <Empty action={<NewPrompt />}>{t('prompts.empty')}</Empty>}
      <ul className="grid gap-3">
        {edit === NEW && (
          <li>
            <PromptForm prompt={null} onClose={close} />
          </li>
        )}
        {data?.items.map((prompt) => (
          <li key={prompt.id}>
            {edit === prompt.id ? (
              <PromptForm prompt={prompt} onClose={close} />
            ) : (
              <PromptCard prompt={prompt} isDefault={prompt.id === defaultId} />
            )}
          </li>
        ))}
      </ul>
    </Page>
  )
}

function NewPrompt() {
  const t = useText()
  return (
    <Link to={`?edit=${NEW}`} id={`edit-${NEW}`} className={buttonClass('primary')}>
      <Plus size={18} aria-hidden />
      {t('prompts.new')}
    </Link>
  )
}

function PromptCard({ prompt, isDefault }: { prompt: Prompt; isDefault: boolean }) {
  const t = useText()
  const notify = useNotify()
  const choose = useDefaultPrompt()
  const duplicate = useSavePrompt(null)
  const remove = useDeletePrompt()
  const restore = useRestorePrompt()
  const { id, name, content } = prompt
  const onError = (error: Error) => notify.alert(error.message)
  const copy = () =>
    duplicate.mutate(
      { name: t('prompts.copyOf', { name }), content },
      { onError, onSuccess: () => notify.say(t('prompts.copied', { name })) },
    )
  const trash = () =>
    remove.mutate(id, {
      onError,
      onSuccess: ({ sessions }) => notify.say(t('prompts.inTrash', { name, n: sessions }), () => restore.mutate(id)),
    })
  return (
    <article aria-label={name} className="grid gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-56">
          <h2 className="flex flex-wrap items-center gap-x-2 font-semibold font-story text-title">
            <span className="min-w-0 break-words" dir="auto">
              {name}
            </span>
            {isDefault && (
              <span className="inline-flex items-center gap-1 font-normal font-ui text-good text-small">
                <Check size={15} aria-hidden />
                {t('prompts.isDefault')}
              </span>
            )}
          </h2>
          <p className="line-clamp-4 whitespace-pre-line break-words text-soft" dir="auto">
            {content || t('prompts.noContent')}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-1 max-sm:-ms-3.5">
          {!isDefault && (
            <Button
              look="quiet"
              aria-label={t('prompts.useByDefaultName', { name })}
              disabled={choose.isPending}
              onClick={() => choose.mutate(id, { onError })}
            >
              {t('prompts.useByDefault')}
            </Button>
          )}
          <Link
            id={`edit-${id}`}
            to={`?edit=${id}`}
            aria-label={t('prompts.editName', { name })}
            className={buttonClass('quiet', 'gap-1.5')}
          >
            <Pencil size={18} aria-hidden />
            {t('prompts.edit')}
          </Link>
          <IconButton
            icon={Copy}
            name={t('prompts.duplicateName', { name })}
            disabled={duplicate.isPending}
            onClick={copy}
          />
          <IconButton
            icon={Trash2}
            name={t('prompts.deleteName', { name })}
            disabled={remove.isPending}
            onClick={trash}
          />
        </div>
      </div>
      <UsedBy id={id} />
    </article>
  )
}

/** What uses a prompt, looked up when somebody wants to know. */
function UsedBy({ id }: { id: string }) {
  const t = useText()
  const [open, setOpen] = useState(false)
  const { data, error, isPending } = useUses(id, open)
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className="text-small text-soft">
      <summary className="w-fit cursor-pointer rounded-control py-1 hover:text-ink">{t('prompts.uses')}</summary>
      {open && isPending && <p role="status">{t('prompts.looking')}</p>}
      {error && <p role="alert">{error.message}</p>}
      {data && (
        <p>
          {t('prompts.inChats', { n: data.sessions })} {data.settings && t('prompts.inSettings')}
        </p>
      )}
    </details>
  )
}
