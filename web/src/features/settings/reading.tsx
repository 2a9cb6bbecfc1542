import { InterfaceChoice, InterfaceSwitch, Rows } from './rows'

export function Reading() {
  return (
    <Rows>
      <InterfaceSwitch member="follow" label="settings.follow" hint="settings.followHint" />
      <InterfaceChoice
        member="announce"
        label="settings.announce"
        hint="settings.announceHint"
        options={[
          { value: 'sentences', name: 'settings.announceSentences' },
          { value: 'ends', name: 'settings.announceEnds' },
          { value: 'off', name: 'settings.announceOff' },
        ]}
      />
    </Rows>
  )
}
