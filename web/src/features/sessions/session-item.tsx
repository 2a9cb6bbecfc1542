import { Ellipsis, Pencil, Trash2 } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import type { Session } from '../../shared/api/sessions'
import type { Character } from '../../shared/api/wire'
import { cx } from '../../shared/lib/class-names'
import { exactTime, shortTime } from '../../shared/lib/time'
import { IconButton } from '../../shared/ui/button'
import { Menu, MenuItem } from '../../shared/ui/menu'
import { Portrait } from '../../shared/ui/portrait'

const numbers = new Intl.NumberFormat()

interface SessionItemProps {
  session: Session
  character: Character | null
  current: boolean
  answering: boolean
  onRename: (title: string) => void
  onDelete: () => void
}

export function SessionItem({ session, character, current, answering, onRename, onDelete }: SessionItemProps) {
  const [renaming, setRenaming] = useState(false)
  const title = session.title || (character ? `Chat with ${character.name}` : 'Untitled chat')
  const count = `${numbers.format(session.totalMessages)} ${session.totalMessages === 1 ? 'message' : 'messages'}`
  return (
    <li
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
            if (changed !== null) onRename(changed)
          }}
        />
      ) : (
        <Link
          to={`/c/${session.id}`}
          aria-current={current ? 'page' : undefined}
          className="grid grid-cols-[28px_minmax(0,1fr)] items-center gap-x-2.5 rounded-control p-2"
        >
          <Portrait name={character?.name ?? title} image={character?.avatar_image} />
          <span className="min-w-0">
            <span className="flex items-baseline gap-2">
              <span className="min-w-0 flex-1 truncate text-left font-semibold" dir="auto">
                {title}
              </span>
              <span className="text-small text-soft group-focus-within/item:invisible group-hover/item:invisible group-has-data-[state=open]/item:invisible">
                {answering ? <AnsweringDot /> : <Moment at={session.updatedAt} />}
              </span>
            </span>
            <span className="block truncate text-left text-small text-soft" dir="auto">
              {character ? `${character.name} · ${count}` : count}
            </span>
          </span>
        </Link>
      )}
      {!renaming && (
        <div className="absolute top-1 right-1 opacity-0 focus-within:opacity-100 group-hover/item:opacity-100 has-data-[state=open]:opacity-100">
          <Menu
            align="end"
            trigger={<IconButton icon={Ellipsis} name={`Actions for ${title}`} className="size-7 bg-surface" />}
            onCloseAutoFocus={(event) => renaming && event.preventDefault()}
          >
            <MenuItem icon={Pencil} onSelect={() => setRenaming(true)}>
              Rename
            </MenuItem>
            <MenuItem icon={Trash2} danger onSelect={onDelete}>
              Delete
            </MenuItem>
          </Menu>
        </div>
      )}
    </li>
  )
}

function Moment({ at }: { at: Date }) {
  return (
    <time dateTime={at.toISOString()} title={exactTime(at)}>
      {shortTime(at)}
    </time>
  )
}

function AnsweringDot() {
  return (
    <span
      role="img"
      aria-label="answering"
      title="answering"
      className="inline-block size-[7px] rounded-full bg-accent"
    />
  )
}

/** The title in place. Enter and leaving keep it, Esc does not; null means that nothing changed. */
function TitleForm({ title, onDone }: { title: string; onDone: (title: string | null) => void }) {
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
      aria-label="Title"
      className="my-2 ml-[46px] w-[calc(100%-54px)] rounded-control border border-soft/60 bg-surface px-2 py-1"
      onKeyDown={onKeyDown}
      onBlur={(event) => finish(event.currentTarget.value)}
    />
  )
}
