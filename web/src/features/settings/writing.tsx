import { InterfaceChoice, Rows } from './rows'

export function Writing() {
  return (
    <Rows>
      <InterfaceChoice
        member="enter"
        label="settings.enter"
        hint="settings.enterHint"
        options={{ send: 'settings.enterSend', newline: 'settings.enterNewline' }}
      />
    </Rows>
  )
}
