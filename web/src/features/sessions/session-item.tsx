import { Archive, Ellipsis, Pencil, Pin, PinOff, Trash2 } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import type { Session } from '../../shared/api/sessions'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { IconButton } from '../../shared/ui/button'
import { Menu, MenuItem, MenuLine } from '../../shared/ui/menu'
import { Portrait } from '../../shared/ui/portrait'
import { Time } from '../../shared/ui/time'

interface SessionItemProps {
  session: Session
  title: string
  /** Undefined until the characters are known. */
  character: Character | null | undefined
  current: boolean
  answering: boolean
  onRename: (title: string) => void
  onPin: () => void
  onArchive: () => void
  onDelete: () => void
}

export function SessionItem({ session, title, character, current, answering, ...deeds }: SessionItemProps) {
  const t = useText()
  const [renaming, setRenaming] = useState(false)
  const { id, lastLine, pinned, totalMessages: n, unread, updatedAt } = session
  return (
    <div
      className={cx(
        'group/item relative rounded-control',
        current ? 'bg-surface outline-1 outline-line -outline-offset-1' : 'hover:bg-surface/60',
      )}
    >
      {renaming ? (
        <TitleForm
          title={session.title}
          onDone={(changed) => {
            setRenaming(false)
            if (changed !== null) deeds.onRename(changed)
          }}
        />
      ) : (
        <Link
          to={`/c/${id}`}
          aria-current={current ? 'page' : undefined}
          className="grid grid-cols-[28px_minmax(0,1fr)] gap-x-2.5 rounded-control p-2 pointer-coarse:pe-11"
        >
          <span className="relative mt-0.5">
            {character === undefined ? (
              <span className="block size-7 rounded-full bg-line" />
            ) : (
              <Portrait name={character?.name ?? title} image={character?.avatar_image} />
            )}
            {unread && <Dot name={t('sessions.unreadDot')} className="-end-0.5 -top-0.5 absolute size-2.5" />}
          </span>
          <span className="min-w-0">
            <span className="flex items-baseline gap-2">
              <span className="min-w-0 flex-1 truncate font-semibold" dir="auto">
                {title}
              </span>
              <span className="text-small text-soft group-focus-within/item:invisible group-hover/item:invisible group-has-data-[state=open]/item:invisible">
                {answering ? <Dot name={t('sessions.answering')} className="size-[7px]" /> : <Time at={updatedAt} />}
              </span>
            </span>
            {lastLine && (
              <span className="block truncate text-small text-soft" dir="auto">
                {lastLine}
              </span>
            )}
            <span className="flex text-small text-soft">
              {character && (
                <span className="truncate" dir="auto">
                  {character.name}
                </span>
              )}
              <span className="shrink-0 whitespace-pre">
                {character && ' · '}
                {t('sessions.messages', { n })}
              </span>
            </span>
          </span>
        </Link>
      )}
      {!renaming && (
        <div className="absolute end-1 top-1 opacity-0 focus-within:opacity-100 group-hover/item:opacity-100 has-data-[state=open]:opacity-100 pointer-coarse:opacity-100">
          <Menu
            align="end"
            trigger={
              <IconButton
                icon={Ellipsis}
                name={t('sessions.actions', { title })}
                className="size-7 bg-surface pointer-coarse:bg-transparent"
              />
            }
            onCloseAutoFocus={(event) => renaming && event.preventDefault()}
          >
            <MenuItem icon={Pencil} onSelect={() => setRenaming(true)}>
              {t('sessions.rename')}
            </MenuItem>
            <MenuItem icon={pinned ? PinOff : Pin} onSelect={deeds.onPin}>
              {t(pinned ? 'sessions.unpin' : 'sessions.pin')}
            </MenuItem>
            <MenuItem icon={Archive} onSelect={deeds.onArchive}>
              {t('sessions.archive')}
            </MenuItem>
            <MenuLine />
            <MenuItem icon={Trash2} danger onSelect={deeds.onDelete}>
              {t('sessions.delete')}
            </MenuItem>
          </Menu>
        </div>
      )}
    </div>
  )
}

function Dot({ name, className }: { name: string; className: string }) {
  return (
    <span role="img" aria-label={name} title={name} className={cx('inline-block rounded-full bg-accent', className)} />
  )
}

/** The title in place. Enter and leaving keep it, Esc does not; null means that nothing changed. */
function TitleForm({ title, onDone }: { title: string; onDone: (title: string | null) => void }) {
  const t = useText()
  const input = useRef<HTMLInputElement>(null)
  const done = useRef(false)

  useEffect(() => {
    input.current?.focus()
    input.current?.select()
  }, [])

  function finish(text: string | null) {
    if (done.current) return
    done.current = true
    const trimmed = text?.trim() ?? ''
    onDone(trimmed !== '' && trimmed !== title ? trimmed : null)
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter') finish(event.currentTarget.value)
    if (event.key === 'Escape') {
      event.stopPropagation()
      finish(null)
    }
  }

  return (
    <input
      ref={input}
      defaultValue={title}
      maxLength={200}
      aria-label={t('sessions.title')}
      dir="auto"
      className="my-2 ms-[46px] w-[calc(100%-54px)] rounded-control border border-soft/60 bg-surface px-2 py-1"
      onKeyDown={onKeyDown}
      onBlur={(event) => finish(event.currentTarget.value)}
    />
  )
}
