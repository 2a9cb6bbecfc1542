import { Command } from 'cmdk'
import { BookUser, CornerDownLeft, type LucideIcon, MessageSquare, Quote, Search } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { useNavigate } from 'react-router'
import { Chord } from '../../shared/a11y/chord'
import type { Command as KeyCommand } from '../../shared/a11y/keymap'
import type { Hit, SearchQuery } from '../../shared/api/search'
import { useText } from '../../shared/i18n/text'
import { tellAction } from '../../shared/lib/actions'
import { useDelayed } from '../../shared/lib/use-delayed'
import { Button } from '../../shared/ui/button'
import { Layer } from '../../shared/ui/layer'
import { Time } from '../../shared/ui/time'
import { Snippet } from './snippet'
import { useHits, useRecent } from './use-hits'

const RECENT = 8
const NAMED: Omit<SearchQuery, 'q'> = { kind: ['sessions', 'characters'], limit: 8 }
const SAID: Omit<SearchQuery, 'q'> = { kind: ['messages'], limit: 12 }
const WAIT_MS = 200

export interface PaletteCommand {
  id: string
  name: string
  icon: LucideIcon
  /** Whose key is told beside it. */
  key?: KeyCommand
  act: () => void
}

interface PaletteProps {
  commands: readonly PaletteCommand[]
  onClose: () => void
}

/** One box for all there is to do and all that was ever said. */
export function Palette({ commands, onClose }: PaletteProps) {
  const t = useText()
  const navigate = useNavigate()
  const [words, setWords] = useState('')
  const idle = words.trim() === ''
  const named = useHits({ ...NAMED, q: words })
  const said = useHits({ ...SAID, q: words })
  const recent = useRecent(RECENT).data?.items ?? []

  const fitting = commands.filter(({ name }) => hasWords(name, words))
  const waiting = named.waiting || said.waiting
  const failed = named.error ?? said.error
  const found = fitting.length + named.hits.length + said.hits.length > 0
  const slow = useDelayed(waiting, WAIT_MS)

  function carryOut({ id, act }: PaletteCommand) {
    tellAction(`palette ${id}`)
    go(act)
  }
  function go(act: () => void) {
    onClose()
    act()
  }
  const open = (hit: Hit) => go(() => navigate(placeOf(hit)))

  return (
    <Layer
      onClose={onClose}
      aria-describedby={undefined}
      className="inset-x-4 top-[max(1rem,10dvh)] flex max-h-[min(34rem,80dvh)] max-w-[40rem] animate-layer flex-col overflow-hidden outline-none"
    >
      <Dialog.Title className="sr-only">{t('keys.palette')}</Dialog.Title>
      <Command
        label={t('keys.palette')}
        shouldFilter={false}
        vimBindings={false}
        loop
        className="flex min-h-0 flex-col"
      >
        <div className="flex items-center gap-3 border-line border-b px-4">
          <Search size={18} aria-hidden className="text-soft" />
          <Command.Input
            value={words}
            onValueChange={setWords}
            placeholder={t('search.placeholder')}
            dir="auto"
            className="min-h-12 min-w-0 flex-1 bg-transparent outline-none placeholder:text-faint"
          />
        </div>
        <Command.List
          label={t('keys.palette')}
          aria-busy={waiting}
          className="min-h-0 overflow-y-auto overscroll-contain p-2"
        >
          <Group heading={t('search.commands')} shown={fitting.length > 0}>
            {fitting.map((command) => (
              <Item
                key={command.id}
                id={`command:${command.id}`}
                icon={command.icon}
                onSelect={() => carryOut(command)}
              >
                <span className="flex-1">{command.name}</span>
                {command.key && <Chord command={command.key} />}
              </Item>
            ))}
          </Group>
          {idle && (
            <Group heading={t('search.recent')} shown={recent.length > 0}>
              {recent.map(({ id, title, updated_at }) => (
                <Item key={id} id={`recent:${id}`} icon={MessageSquare} onSelect={() => go(() => navigate(`/c/${id}`))}>
                  <Name text={title || t('search.untitled')} />
                  <Moment at={new Date(updated_at)} />
                </Item>
              ))}
            </Group>
          )}
          <Hits kind="session" heading={t('search.chats')} icon={MessageSquare} hits={named.hits} onOpen={open} />
          <Hits kind="character" heading={t('search.characters')} icon={BookUser} hits={named.hits} onOpen={open} />
          <Hits kind="message" heading={t('search.messages')} icon={Quote} hits={said.hits} onOpen={open} />
        </Command.List>
        <p role="status" className="px-4 py-2 text-small text-soft empty:hidden">
          {failed && !waiting
            ? t('search.failed')
            : slow
              ? t('search.searching')
              : !found && !waiting && t('search.nothing')}
        </p>
        {failed && !waiting && (
          <Button
            look="quiet"
            className="m-2"
            onClick={() => {
              named.retry()
              said.retry()
            }}
          >
            {t('shared.tryAgain')}
          </Button>
        )}
      </Command>
    </Layer>
  )
}

interface HitsProps {
  kind: Hit['kind']
  heading: string
  icon: LucideIcon
  hits: readonly Hit[]
  onOpen: (hit: Hit) => void
}

function Hits({ kind, heading, icon, hits, onOpen }: HitsProps) {
  const t = useText()
  const ofKind = hits.filter((hit) => hit.kind === kind)
  return (
    <Group heading={heading} shown={ofKind.length > 0}>
      {ofKind.map((hit) => (
        <Item key={hit.id} id={`${kind}:${hit.id}`} icon={icon} onSelect={() => onOpen(hit)}>
          <span className="grid min-w-0 flex-1">
            {kind === 'message' ? <Snippet hit={hit} /> : <Name text={hit.title || t('search.untitled')} />}
            {kind === 'message' && (
              <span className="truncate text-small text-soft" dir="auto">
                {hit.title || t('search.untitled')}
              </span>
            )}
          </span>
          {kind !== 'character' && <Moment at={new Date(hit.timestamp)} />}
        </Item>
      ))}
    </Group>
  )
}

function Group({ heading, shown, children }: { heading: string; shown: boolean; children: ReactNode }) {
  if (!shown) return null
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-small [&_[cmdk-group-heading]]:text-soft"
    >
      {children}
    </Command.Group>
  )
}

interface ItemProps {
  id: string
  icon: LucideIcon
  onSelect: () => void
  children: ReactNode
}

function Item({ id, icon: Icon, onSelect, children }: ItemProps) {
  return (
    <Command.Item
      value={id}
      onSelect={onSelect}
      className="group/item flex min-h-9 cursor-pointer items-center gap-3 rounded-control px-2 py-1.5 data-[selected=true]:bg-sunken pointer-coarse:min-h-11"
    >
      <Icon size={18} aria-hidden className="text-soft" />
      {children}
      <CornerDownLeft
        size={15}
        aria-hidden
        className="invisible text-soft rtl:-scale-x-100 group-data-[selected=true]/item:visible"
      />
    </Command.Item>
  )
}

function Name({ text }: { text: string }) {
  return (
    <span className="min-w-0 flex-1 truncate" dir="auto">
      {text}
    </span>
  )
}

function Moment({ at }: { at: Date }) {
  return (
    <span className="whitespace-nowrap text-small text-soft">
      <Time at={at} form="short" />
    </span>
  )
}

function placeOf({ kind, id, session_id }: Hit): string {
  if (kind === 'character') return `/characters/${id}`
  return kind === 'session' ? `/c/${id}` : `/c/${session_id}?at=${id}`
}

/** Whether a name has all the words, whatever their case and accents. */
function hasWords(name: string, words: string): boolean {
  const plain = bare(name)
  return bare(words)
    .split(/\s+/)
    .every((word) => plain.includes(word))
}

function bare(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim()
}
