import { Copy } from 'lucide-react'
import { createContext, startTransition, useContext, useEffect, useState } from 'react'
import { useText } from '../i18n/text'
import { copyText } from '../lib/clipboard'
import { IconButton } from '../ui/button'
import { useNotify } from '../ui/toaster'
import type { Piece } from './highlight'

/** Whether the text around is still being written: colours wait until it is not. */
export const Growing = createContext(false)

/** Code that scrolls inside itself, coloured when there is time for it. */
export function CodeBlock({ code, language }: { code: string; language: string | null }) {
  const t = useText()
  const notify = useNotify()
  const pieces = usePieces(code, language)
  return (
    // Under a finger the button is always there, so the code begins below it.
    <div className="group/code code relative pointer-coarse:[&>pre]:pt-12">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable without a pointer */}
      <pre tabIndex={0} dir="ltr">
        <code>
          {pieces?.map(({ text, kind }, place) =>
            kind === null ? (
              text
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text do not move
              <span key={place} data-code={kind}>
                {text}
              </span>
            ),
          ) ?? code}
        </code>
      </pre>
      <IconButton
        icon={Copy}
        name={t('markdown.copyCode')}
        className="absolute end-1.5 top-1.5 bg-sunken font-ui opacity-0 focus-visible:opacity-100 group-hover/code:opacity-100 pointer-coarse:opacity-100"
        onClick={() =>
          copyText(code).then(
            () => notify.say(t('markdown.copied')),
            () => notify.alert(t('markdown.copyFailed')),
          )
        }
      />
    </div>
  )
}

function usePieces(code: string, language: string | null): Piece[] | null {
  const growing = useContext(Growing)
  const [coloured, setColoured] = useState<{ code: string; pieces: Piece[] } | null>(null)
  useEffect(() => {
    if (growing || language === null) return
    let gone = false
    import('./highlight').then(
      ({ highlight }) => {
        if (!gone) startTransition(() => setColoured({ code, pieces: highlight(code, language) }))
      },
      // Offline the colours may not be there: code is as readable without.
      (error: unknown) => console.warn(error),
    )
    return () => {
      gone = true
    }
  }, [code, language, growing])
  return coloured?.code === code ? coloured.pieces : null
}
