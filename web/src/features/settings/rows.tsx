/** One row a setting, with the word that tells when it is saved. */

import type { ReactNode } from 'react'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import type { Interface } from '../../shared/theme/interface'
import { useInterface } from '../../shared/theme/use-interface'
import { Choice } from '../../shared/ui/choice'
import { Switch } from '../../shared/ui/switch'
import { Saved } from './saved'

/** The members of the interface that are one of a few words, and those that are yes or no. */
type OfWords = { [Name in keyof Interface]: Interface[Name] extends string ? Name : never }[keyof Interface]
type YesOrNo = { [Name in keyof Interface]: Interface[Name] extends boolean ? Name : never }[keyof Interface]

export function Rows({ children }: { children: ReactNode }) {
  return <div className="divide-y divide-line border-line border-t *:py-5">{children}</div>
}

interface InterfaceChoiceProps<Name extends OfWords> {
  member: Name
  label: MessageKey
  hint?: MessageKey
  /** What each value is called, in the order in which they stand. */
  options: Record<Interface[Name], MessageKey>
  /** What each looks like. */
  samples?: Record<Interface[Name], ReactNode>
}

export function InterfaceChoice<Name extends OfWords>({
  member,
  label,
  hint,
  options,
  samples,
}: InterfaceChoiceProps<Name>) {
  const t = useText()
  const [chosen, change] = useInterface()
  const values = Object.keys(options) as Interface[Name][]
  return (
    <Choice<Interface[Name]>
      label={t(label)}
      hint={hint && t(hint)}
      value={chosen[member]}
      options={values.map((value) => ({ value, name: t(options[value]), sample: samples?.[value] }))}
      onChange={(value) => change({ [member]: value })}
      note={<Saved member={member} />}
    />
  )
}

interface InterfaceSwitchProps {
  member: YesOrNo
  label: MessageKey
  hint?: MessageKey
}

export function InterfaceSwitch({ member, label, hint }: InterfaceSwitchProps) {
  const t = useText()
  const [chosen, change] = useInterface()
  return (
    <Switch
      label={t(label)}
      hint={hint && t(hint)}
      checked={chosen[member]}
      onChange={(value) => change({ [member]: value })}
      note={<Saved member={member} />}
    />
  )
}
