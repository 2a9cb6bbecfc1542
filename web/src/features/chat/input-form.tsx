import { ArrowRight } from 'lucide-react'
import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { drafts } from '../../outbox/drafts'
import { useCommand } from '../../shared/a11y/use-command'
import { useText } from '../../shared/i18n/text'
import { useInterface } from '../../shared/theme/use-interface'
import { Button } from '../../shared/ui/button'
import { type ComposerCommand, meaning } from './composer-keys'
import { LengthNote, lengthOf, MOST_CODE_POINTS } from './length-note'

const coarsePointer = matchMedia('(pointer: coarse)')

export interface Composer {
  focus(): void
  /** Put a text into the box, after what is there already. */
  insert(text: string): void
}

interface InputFormProps {
  /** Whose draft this is: a chat's id, or `new:` and whom a new one is with. Another one needs another form. */
  draftKey: string
  placeholder: string
  disabled?: boolean
  /** What stands before Send. */
  tools: ReactNode
  /** What the reader should know before writing, above the text. */
  banner?: ReactNode
  /** What the reader should know, below the box. */
  note?: ReactNode
  onSend: (content: string) => void
  /** A key was pressed that asks for something else than writing. */
  onCommand: (command: ComposerCommand) => void
  ref: Ref<Composer>
}

export function InputForm({
  draftKey,
  placeholder,
  disabled = false,
  tools,
  banner,
  note,
  onSend,
  onCommand,
  ref,
}: InputFormProps) {
  const t = useText()
  const [{ enter, keys }] = useInterface()
  const box = useRef<HTMLTextAreaElement>(null)
  const composedAt = useRef(Number.NEGATIVE_INFINITY)
  const pasting = useRef(0)
  const touched = useRef(false)
  const noteId = useId()
  const [text, setText] = useState('')
  const [pasted, setPasted] = useState(0)
  const length = lengthOf(text)
  const blank = text.trim() === ''

  function write(whole: string) {
    touched.current = true
    setText(whole)
    drafts.write(draftKey, whole)
    setPasted(pasting.current)
    pasting.current = 0
  }

  useImperativeHandle(ref, () => ({
    focus: () => box.current?.focus(),
    insert: (more) => {
      write(box.current?.value ? `${box.current.value}\n${more}` : more)
      box.current?.focus()
    },
  }))

  useEffect(() => {
    let shown = true
    void drafts.read(draftKey).then((draft) => {
      // Who writes already goes on with that.
      if (shown && !touched.current) setText(draft)
    })
    return () => {
      shown = false
    }
  }, [draftKey])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = box.current
    if (!area) return
    area.style.height = 'auto'
    area.style.height = `${area.scrollHeight}px`
  }, [text])

  useCommand('focusComposer', () => box.current?.focus())

  function send() {
    // The box itself is read: a second Enter before the next render finds it empty already.
    const content = box.current?.value ?? ''
    if (disabled || content.trim() === '' || lengthOf(content) > MOST_CODE_POINTS) return
    if (box.current) box.current.value = ''
    touched.current = true
    drafts.clear(draftKey)
    setText('')
    setPasted(0)
    onSend(content)
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    // A layer above has taken the key for itself.
    if (event.defaultPrevented) return
    const asked = meaning(event, {
      empty: text === '',
      sinceComposition: event.timeStamp - composedAt.current,
      coarse: coarsePointer.matches,
      enter,
      keys,
      rightToLeft: document.dir === 'rtl',
    })
    if (asked === null) return
    event.preventDefault()
    if (asked === 'send') send()
    else onCommand(asked)
  }

  return (
    <form
      className="px-4 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-5"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <div className="mx-auto max-w-[46rem] rounded-card border border-line bg-surface py-2.5 ps-4 pe-3 shadow-float focus-within:border-soft">
        {banner}
        <textarea
          ref={box}
          rows={1}
          value={text}
          dir="auto"
          aria-label={t('chat.message')}
          aria-describedby={noteId}
          aria-invalid={length > MOST_CODE_POINTS}
          placeholder={placeholder}
          enterKeyHint={coarsePointer.matches || enter === 'newline' ? 'enter' : 'send'}
          className="block max-h-[15em] w-full resize-none bg-transparent py-1 font-story text-story leading-[1.5] outline-none placeholder:text-faint"
          onPaste={({ clipboardData }) => {
            pasting.current = lengthOf(clipboardData.getData('text/plain'))
          }}
          onChange={(event) => write(event.target.value)}
          onCompositionEnd={(event) => {
            composedAt.current = event.timeStamp
          }}
          onKeyDown={onKeyDown}
        />
        <LengthNote id={noteId} length={length} pasted={pasted} />
        <div className="mt-1.5 flex items-center gap-2">
          {tools}
          <Button
            type="submit"
            look="primary"
            className="ms-auto"
            disabled={disabled || blank || length > MOST_CODE_POINTS}
          >
            {t('chat.send')}
            <ArrowRight size={18} aria-hidden className="rtl:-scale-x-100" />
          </Button>
        </div>
      </div>
      {note}
    </form>
  )
}
