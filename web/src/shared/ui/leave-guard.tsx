import { useEffect, useRef } from 'react'
import { useBlocker } from 'react-router'
import { useText } from '../i18n/text'
import { Ask } from './dialog'

/** Leaving a form with unsaved changes asks first. `pass` lets the next step through: what was typed is stored. */
export function useLeaveGuard(isDirty: boolean) {
  const t = useText()
  const stored = useRef(false)
  const leave = useBlocker(() => isDirty && !stored.current)
  useEffect(() => {
    if (!isDirty) return
    // The browser asks in words of its own when the whole page is left.
    const ask = (event: BeforeUnloadEvent) => {
      if (!stored.current) event.preventDefault()
    }
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isDirty])
  const pass = () => {
    stored.current = true
  }
  const question = (
    <Ask
      open={leave.state === 'blocked'}
      title={t('shared.leaveTitle')}
      confirm={t('shared.leave')}
      cancel={t('shared.stay')}
      onConfirm={() => leave.proceed?.()}
      onCancel={() => leave.reset?.()}
    >
      {t('shared.leaveUnsaved')}
    </Ask>
  )
  return { pass, question }
}
