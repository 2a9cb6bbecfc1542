import { InterfaceChoice, Rows } from './rows'

export function Writing() {
  return (
    <Rows>
      <InterfaceChoice
        member="enter"
        label="settings.enter"
        hint="settings.enterHint"
        options={[
          { value: 'send', name: 'settings.enterSend' },
          { value: 'newline', name: 'settings.enterNewline' },
        ]}
      />
    </Rows>
  )
}
