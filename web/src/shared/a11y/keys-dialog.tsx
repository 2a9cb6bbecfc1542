import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { MessageKey } from '../i18n/keys'
import { useText } from '../i18n/text'
import { useInterface } from '../theme/use-interface'
import { IconButton } from '../ui/button'
import { Layer } from '../ui/layer'
import { ChordKeys } from './chord'
import { COMMANDS, chordFor, KEYMAP, type Where } from './keymap'

const GROUPS: { where: Where; name: MessageKey }[] = [
  { where: 'page', name: 'keys.onPage' },
  { where: 'composer', name: 'keys.inComposer' },
  { where: 'transcript', name: 'keys.inTranscript' },
]

/** All keys as they are now. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const t = useText()
  const [{ keys, enter }] = useInterface()
  const writing = [
    { name: t('keys.send'), chord: enter === 'send' ? 'Enter' : 'Control+Enter' },
    { name: t('keys.newLine'), chord: enter === 'send' ? 'Shift+Enter' : 'Enter' },
  ]
  return (
    <Layer
      onClose={onClose}
      aria-describedby={undefined}
      className="inset-x-4 top-[max(1rem,8dvh)] max-h-[84dvh] max-w-[34rem] animate-layer overflow-y-auto p-5"
    >
      <div className="flex items-center justify-between">
        <Dialog.Title className="font-semibold font-story text-title">{t('keys.keys')}</Dialog.Title>
        <Dialog.Close asChild>
          <IconButton icon={X} name={t('keys.close')} />
        </Dialog.Close>
      </div>
      {GROUPS.map(({ where, name }) => (
        <section key={where} className="mt-4">
          <h3 className="font-semibold text-small text-soft">{t(name)}</h3>
          <dl>
            {where === 'composer' && writing.map((one) => <Line key={one.name} name={one.name} chord={one.chord} />)}
            {COMMANDS.filter((command) => KEYMAP[command].where === where).map((command) => (
              <Line key={command} name={t(KEYMAP[command].name)} chord={chordFor(command, keys)} />
            ))}
          </dl>
        </section>
      ))}
    </Layer>
  )
}

function Line({ name, chord }: { name: string; chord: string | null }) {
  const t = useText()
  return (
    <div className="flex min-h-9 items-center justify-between gap-4 border-line border-b last:border-0">
      <dt>{name}</dt>
      <dd>
        <ChordKeys chord={chord} none={t('keys.none')} />
      </dd>
    </div>
  )
}
