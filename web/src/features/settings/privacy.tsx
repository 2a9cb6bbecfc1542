import { InterfaceSwitch, Rows } from './rows'

export function Privacy() {
  return (
    <Rows>
      <InterfaceSwitch member="client_log" label="settings.clientLog" hint="settings.clientLogHint" />
    </Rows>
  )
}
