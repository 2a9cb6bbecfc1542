import { useState } from 'react'
import { useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'
import { TextArea } from '../../shared/ui/field'

/** As the server takes it. */
const LONGEST = 4_000

/** What the next version of a reply shall heed. It counts for that version alone. */
export function InstructionForm({ onSubmit }: { onSubmit: (instruction: string) => void }) {
  const t = useText()
  const [text, setText] = useState('')
  const instruction = text.trim()
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (instruction) onSubmit(instruction)
      }}
    >
      <TextArea
        label={t('chat.instruction')}
        hint={t('chat.instructionHint')}
        value={text}
        maxLength={LONGEST}
        dir="auto"
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" look="primary" className="justify-self-start" disabled={!instruction}>
        {t('chat.instructionSend')}
      </Button>
    </form>
  )
}
