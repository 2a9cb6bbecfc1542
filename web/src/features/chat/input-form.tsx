import { ArrowRight } from 'lucide-react'
import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'
import { sends } from './composer-keys'
import { clearDraft, readDraft, writeDraft } from './drafts'

const coarsePointer = matchMedia('(pointer: coarse)')

export interface Composer {
  focus(): void
  /** Put a text into the box, after what is there already. */
  insert(text: string): void
}

interface InputFormProps {
  /** Whose draft this is. */
  draftKey: string
  placeholder: string
  disabled?: boolean
  /** What stands left of Send. */
  tools: ReactNode
  /** What the reader should know, below the box. */
  note?: ReactNode
  onSend: (content: string) => void
  /** Up in an empty box. */
  onEditLast: () => void
  /** Esc in the box. */
  onEscape: () => void
  ref: Ref<Composer>
}

export function InputForm({
  draftKey,
  placeholder,
  disabled = false,
  tools,
  note,
  onSend,
  onEditLast,
  onEscape,
  ref,
}: InputFormProps) {
  const t = useText()
  const box = useRef<HTMLTextAreaElement>(null)
  const composedAt = useRef(Number.NEGATIVE_INFINITY)
  const [text, setText] = useState(() => readDraft(draftKey))

  useImperativeHandle(ref, () => ({
    focus: () => box.current?.focus(),
    insert: (more) => {
      const whole = box.current?.value ? `${box.current.value}\n${more}` : more
      setText(whole)
      writeDraft(draftKey, whole)
      box.current?.focus()
    },
  }))

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = box.current
    if (!area) return
    area.style.height = 'auto'
    area.style.height = `${area.scrollHeight}px`
  }, [text])

  useEffect(() => {
    const typeAnywhere = (event: globalThis.KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isEditable(event.target)) return
      event.preventDefault()
      box.current?.focus()
    }
    document.addEventListener('keydown', typeAnywhere)
    return () => document.removeEventListener('keydown', typeAnywhere)
  }, [])

  function send() {
    // The box itself is read: a second Enter before the next render finds it empty already.
    const content = box.current?.value ?? ''
    if (disabled || content.trim() === '') return
    if (box.current) box.current.value = ''
    clearDraft(draftKey)
    setText('')
    onSend(content)
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    const { key, keyCode, shiftKey, altKey, nativeEvent } = event
    const composition = { key, keyCode, shiftKey, altKey, isComposing: nativeEvent.isComposing }
    if (sends(composition, event.timeStamp - composedAt.current, coarsePointer.matches)) {
      event.preventDefault()
      send()
    } else if (key === 'ArrowUp' && text === '') {
      event.preventDefault()
      onEditLast()
    } else if (key === 'Escape' && !nativeEvent.isComposing) {
      onEscape()
    }
  }

  return (
    <form
      className="px-4 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-5"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <div className="mx-auto max-w-[46rem] rounded-card border border-line bg-surface py-2.5 pr-3 pl-4 shadow-float focus-within:border-soft">
        <textarea
          ref={box}
          rows={1}
          value={text}
          dir="auto"
          aria-label={t('chat.message')}
          placeholder={placeholder}
          enterKeyHint={coarsePointer.matches ? 'enter' : 'send'}
          className="block max-h-[15em] w-full resize-none bg-transparent py-1 font-story text-story leading-[1.5] outline-none placeholder:text-faint"
          onChange={(event) => {
            setText(event.target.value)
            writeDraft(draftKey, event.target.value)
          }}
          onCompositionEnd={(event) => {
            composedAt.current = event.timeStamp
          }}
          onKeyDown={onKeyDown}
        />
        <div className="mt-1.5 flex items-center gap-2">
          {tools}
          <Button type="submit" look="primary" className="ml-auto" disabled={disabled || text.trim() === ''}>
            {t('chat.send')}
            <ArrowRight size={18} aria-hidden />
          </Button>
        </div>
      </div>
      {note}
    </form>
  )
}

function isEditable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}
