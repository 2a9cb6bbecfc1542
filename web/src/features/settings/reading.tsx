import { InterfaceChoice, InterfaceSwitch, Rows } from './rows'

export function Reading() {
  return (
    <Rows>
      <InterfaceSwitch member="follow" label="settings.follow" hint="settings.followHint" />
      <InterfaceChoice
        member="announce"
        label="settings.announce"
        hint="settings.announceHint"
        options={{
          sentences: 'settings.announceSentences',
          ends: 'settings.announceEnds',
          off: 'settings.announceOff',
        }}
      />
    </Rows>
  )
}
