import { type ReactNode, useState } from 'react'
import { Provider } from 'react-redux'
import { ConnectionStatus } from '../src/app/shell/connection-status'
import { BranchBanner } from '../src/features/chat/branch-banner'
import { LengthNote, MOST_CODE_POINTS } from '../src/features/chat/length-note'
import { ModelChip, ModelNote } from '../src/features/chat/model-chip'
import { lastingChanged, said } from '../src/outbox/sayings'
import {
  becameOutdated,
  createStore,
  databaseChanged,
  delayChanged,
  type Store,
  statusChanged,
} from '../src/realtime/store'
import { aMessage, aModel, aSaying } from '../test/factories/rows'
import { Exhibit, Room } from './exhibit'

const ONLINE = statusChanged('online')
const SAID = said(aSaying())

const CONNECTIONS: Record<string, Parameters<Store['dispatch']>[0][]> = {
  'connection, lost': [statusChanged('connecting')],
  'connection, lost, with something kept': [statusChanged('connecting'), SAID],
  'connection, kept by nothing that lasts': [ONLINE, SAID, lastingChanged(false)],
  'connection, the database is away': [ONLINE, databaseChanged('away')],
  'connection, live text is late': [ONLINE, delayChanged(true)],
  'connection, another version': [ONLINE, becameOutdated()],
}

export function Banners() {
  return (
    <Room name="Banners and notes">
      {Object.entries(CONNECTIONS).map(([name, actions]) => (
        <Exhibit key={name} of={name}>
          <Having actions={actions}>
            <ConnectionStatus />
          </Having>
        </Exhibit>
      ))}
      <Exhibit of="BranchBanner">
        <BranchBanner
          after={aMessage({
            content: '“Nothing, and all of it,” *she says, and turns the lamp down a hair.* “You learn.”',
          })}
          onCancel={() => undefined}
        />
      </Exhibit>
      <Exhibit of="LengthNote, after a long paste">
        <LengthNote id="pasted" length={5_000} pasted={4_800} />
      </Exhibit>
      <Exhibit of="LengthNote, near the limit and beyond it">
        <LengthNote id="near" length={MOST_CODE_POINTS - 100} pasted={0} />
        <LengthNote id="over" length={MOST_CODE_POINTS + 100} pasted={0} />
      </Exhibit>
      <Exhibit of="ModelNote, without a model">
        <ModelNote model={null} ready />
      </Exhibit>
      <Exhibit of="ModelNote, with the small one">
        <ModelNote model={aModel({ model: 'smollm2' })} ready />
      </Exhibit>
      <Exhibit of="ModelChip" inline>
        <ModelChip model={aModel()} onChoose={() => undefined} />
        <ModelChip model={null} onChoose={() => undefined} />
      </Exhibit>
    </Room>
  )
}

/** Children on a store of their own, in which all this has happened. */
function Having({ actions, children }: { actions: Parameters<Store['dispatch']>[0][]; children: ReactNode }) {
  const [store] = useState(() => {
    const made = createStore()
    for (const action of actions) made.dispatch(action)
    return made
  })
  return <Provider store={store}>{children}</Provider>
}
