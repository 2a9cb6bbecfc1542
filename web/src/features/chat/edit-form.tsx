import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'
import { isComposing } from './composer-keys'

interface EditFormProps {
  content: string
  /** Offered for the reader's own messages: keep the old branch and say the new text beside it. */
  onSayInstead?: (content: string) => void
  /** Settles when it is known whether the text is saved; until then it stays as it is. */
  onSave: (content: string) => Promise<void>
  onCancel: () => void
}

/** A message's text in place of the message. Ctrl+Enter saves, Esc leaves; a changed text is not left without a word. */
export function EditForm({ content, onSayInstead, onSave, onCancel }: EditFormProps) {
  const t = useText()
  const area = useRef<HTMLTextAreaElement>(null)
  const [text, setText] = useState(content)
  const [asking, setAsking] = useState(false)
  const [saving, setSaving] = useState(false)
  const changed = text !== content
  const fixed = saving || text.trim() === ''

  useEffect(() => {
    const before = document.activeElement
    const row = area.current?.closest<HTMLElement>('[data-row]')
    area.current?.focus()
    area.current?.setSelectionRange(content.length, content.length)
    // The composer has its caret as it was; what was pressed in the row may be gone.
    return () => (before instanceof HTMLTextAreaElement ? before : row)?.focus({ preventScroll: true })
  }, [content])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    if (!area.current) return
    area.current.style.height = 'auto'
    area.current.style.height = `${area.current.scrollHeight + 2}px`
  }, [text])

  const save = () => {
    if (fixed) return
    if (!changed) return onCancel()
    setSaving(true)
    void onSave(text).finally(() => setSaving(false))
  }
  const leave = () => {
    if (changed && !asking) setAsking(true)
    else onCancel()
  }

  function onKeyDown(event: KeyboardEvent) {
    if (isComposing(event)) return
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      save()
    } else if (event.key === 'Escape' && !event.defaultPrevented) {
      event.stopPropagation()
      leave()
    }
  }

  return (
    <form
      className="grid gap-2"
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <textarea
        ref={area}
        rows={2}
        value={text}
        readOnly={saving}
        dir="auto"
        aria-label={t('chat.editMessage')}
        className="max-h-[60dvh] w-full rounded-card border border-soft/60 bg-surface px-4 py-3 font-story text-story"
        onChange={(event) => {
          setText(event.target.value)
          setAsking(false)
        }}
      />
      {asking && (
        <p role="alert" className="text-small text-warn">
          {t('chat.editChanged')}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2 font-ui">
        <Button type="submit" look={onSayInstead ? 'plain' : 'primary'} disabled={fixed}>
          {t('chat.save')}
        </Button>
        {onSayInstead && (
          <Button look="primary" disabled={fixed} onClick={() => onSayInstead(text)}>
            {t('chat.saveAndAnswer')}
          </Button>
        )}
        <Button look="quiet" onClick={onCancel}>
          {t('chat.cancel')}
        </Button>
        <span className="ms-auto text-faint text-small pointer-coarse:hidden">{t('chat.editKeys')}</span>
      </div>
    </form>
  )
}
