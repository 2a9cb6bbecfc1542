import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { ChordKeys } from '../../shared/a11y/chord'
import {
  COMMANDS,
  type Command,
  chordFor,
  chordOf,
  isSingle,
  KEYMAP,
  type Keys as Keymap,
  labels,
  rivals,
  type Where,
} from '../../shared/a11y/keymap'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { useInterface } from '../../shared/theme/use-interface'
import { Button } from '../../shared/ui/button'
import { Saved } from './saved'

const PLACES: { where: Where; title: MessageKey }[] = [
  { where: 'page', title: 'settings.keysPage' },
  { where: 'composer', title: 'settings.keysComposer' },
  { where: 'transcript', title: 'settings.keysTranscript' },
]

/** A chord that was pressed for a command and cannot be its own yet. */
interface Refused {
  chord: string
  /** Who has it; nobody when it is a key that types. */
  rivals: Command[]
}

/** Every command and its key, to be changed, taken away and given back. */
export function Keys() {
  const t = useText()
  const [{ keys }, change] = useInterface()
  const changed = Object.keys(keys).length > 0
  return (
    <div className="grid gap-8">
      {PLACES.map(({ where, title }) => (
        <section key={where}>
          <h2 className="mb-2 font-semibold font-story text-title">{t(title)}</h2>
          <ul className="divide-y divide-line border-line border-y">
            {COMMANDS.filter((command) => KEYMAP[command].where === where).map((command) => (
              <KeyRow key={command} command={command} keys={keys} onChange={(next) => change({ keys: next })} />
            ))}
          </ul>
        </section>
      ))}
      <div className="flex items-center gap-3">
        <Button disabled={!changed} onClick={() => change({ keys: {} })}>
          {t('settings.keysAllUsual')}
        </Button>
        <Saved member="keys" />
      </div>
    </div>
  )
}

interface KeyRowProps {
  command: Command
  keys: Keymap
  onChange: (keys: Keymap) => void
}

function KeyRow({ command, keys, onChange }: KeyRowProps) {
  const t = useText()
  const [listening, setListening] = useState(false)
  const [refused, setRefused] = useState<Refused | null>(null)
  const opener = useRef<HTMLButtonElement>(null)
  const name = t(KEYMAP[command].name)
  const chord = chordFor(command, keys)

  const finish = () => {
    setListening(false)
    setRefused(null)
    opener.current?.focus()
  }
  const take = (wanted: string | null, from: Command[] = []) => {
    const freed = Object.fromEntries(from.map((rival) => [rival, null]))
    onChange(withKey({ ...keys, ...freed }, command, wanted))
    finish()
  }
  const attempt = (wanted: string) => {
    const holders = rivals(command, wanted, keys)
    if (holders.length > 0 || types(command, wanted)) setRefused({ chord: wanted, rivals: holders })
    else take(wanted)
  }

  return (
    <li className="grid gap-2 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <span className="min-w-0 flex-1 basis-52">{name}</span>
        {listening ? (
          <Listener name={name} onPress={attempt} onCancel={finish} />
        ) : (
          <ChordKeys chord={chord} none={t('settings.keyNone')} />
        )}
        <span className="flex gap-1 max-sm:-ms-3.5">
          <Button
            ref={opener}
            look="quiet"
            aria-label={t('settings.keyChangeOf', { name })}
            onClick={() => (listening ? finish() : setListening(true))}
          >
            {t(listening ? 'settings.keyCancel' : 'settings.keyChange')}
          </Button>
          {chord !== null && (
            <Button look="quiet" aria-label={t('settings.keyOffOf', { name })} onClick={() => take(null)}>
              {t('settings.keyOff')}
            </Button>
          )}
          {chord !== KEYMAP[command].chord && (
            <Button
              look="quiet"
              aria-label={t('settings.keyUsualOf', { name })}
              onClick={() => attempt(KEYMAP[command].chord)}
            >
              {t('settings.keyUsual')}
            </Button>
          )}
        </span>
      </div>
      {refused && (
        <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1.5 text-small text-warn">
          <span>
            {refused.rivals.length === 0
              ? t('settings.keyTypes', { keys: labels(refused.chord).join('+') })
              : t('settings.keyTaken', {
                  keys: labels(refused.chord).join('+'),
                  others: refused.rivals.map((rival) => t(KEYMAP[rival].name)).join(', '),
                })}
          </span>
          {refused.rivals.length > 0 && !types(command, refused.chord) && (
            <Button onClick={() => take(refused.chord, refused.rivals)}>{t('settings.keyTake')}</Button>
          )}
        </div>
      )}
    </li>
  )
}

interface ListenerProps {
  name: string
  onPress: (chord: string) => void
  onCancel: () => void
}

/** Waits for the keys. Tab goes on as ever, so that nobody is caught here; Esc leaves things as they are. */
function Listener({ name, onPress, onCancel }: ListenerProps) {
  const t = useText()
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => box.current?.focus(), [])
  const pressed = (event: KeyboardEvent) => {
    const chord = chordOf(event)
    if (chord === null || event.key === 'Tab') return
    event.preventDefault()
    event.stopPropagation()
    if (chord === 'Escape') onCancel()
    else onPress(chord)
  }
  return (
    <input
      ref={box}
      readOnly
      value=""
      placeholder={t('settings.keyPress')}
      aria-label={t('settings.keyPressFor', { name })}
      onKeyDown={pressed}
      className="w-44 rounded-control border border-accent bg-surface px-3 py-1"
    />
  )
}

/** The reader's changes with one more; a command that has its usual key again is none. */
function withKey(keys: Keymap, command: Command, chord: string | null): Keymap {
  const { [command]: _, ...others } = keys
  return chord === KEYMAP[command].chord ? others : { ...others, [command]: chord }
}

/** Whether the key would be typed where the command works. */
function types(command: Command, chord: string): boolean {
  const key = chord.replace(/^Shift\+/, '')
  return KEYMAP[command].where === 'composer' && isSingle(chord) && (key.length === 1 || key === 'Space')
}
