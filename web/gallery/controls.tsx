import { Copy, Pencil, Trash2 } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useState } from 'react'
import { Link } from 'react-router'
import { Button, type ButtonLook, buttonClass, IconButton } from '../src/shared/ui/button'
import { Choice } from '../src/shared/ui/choice'
import { Ask } from '../src/shared/ui/dialog'
import { Field, TextArea, TextField } from '../src/shared/ui/field'
import { Layer } from '../src/shared/ui/layer'
import { useLeaveGuard } from '../src/shared/ui/leave-guard'
import { Menu, MenuChoice, MenuItem, MenuLine } from '../src/shared/ui/menu'
import { Page } from '../src/shared/ui/page'
import { PageTitle } from '../src/shared/ui/page-title'
import { PictureButton } from '../src/shared/ui/picture-button'
import { Portrait } from '../src/shared/ui/portrait'
import { RowOptions } from '../src/shared/ui/row-options'
import { Switch } from '../src/shared/ui/switch'
import { Time } from '../src/shared/ui/time'
import { useNotify } from '../src/shared/ui/toaster'
import { Exhibit, Room } from './exhibit'

const LOOKS: ButtonLook[] = ['primary', 'plain', 'quiet', 'danger']
const PICTURE = '/icon.svg'
const HOUR_MS = 3_600_000
const ROWS = [
  { id: '1', name: 'The first' },
  { id: '2', name: 'The second' },
]

export function Controls() {
  return (
    <Room name="Controls">
      <Exhibit of="Button" inline>
        {LOOKS.map((look) => (
          <Button key={look} look={look}>
            {look}
          </Button>
        ))}
        {LOOKS.map((look) => (
          <Button key={look} look={look} disabled>
            {look}, disabled
          </Button>
        ))}
        <Button>
          <Pencil size={18} aria-hidden />
          with an icon
        </Button>
        <Link to="/" className={buttonClass('plain')}>
          a link
        </Link>
      </Exhibit>
      <Exhibit of="IconButton" inline>
        <IconButton icon={Copy} name="Copy" />
        <IconButton icon={Copy} name="Copy, disabled" disabled />
      </Exhibit>
      <Exhibit of="PictureButton" inline>
        <PictureButton onChoose={() => undefined}>Choose a picture</PictureButton>
      </Exhibit>
      <Fields />
      <Choices />
      <Layers />
      <Exhibit of="Portrait" inline>
        {(['small', 'row', 'large'] as const).map((size) => (
          <Portrait key={size} name="Wren" size={size} />
        ))}
        <Portrait name="Ada Lovelace" size="large" ring />
        <Portrait name="灯台" size="large" />
        <Portrait name="مینا" size="large" />
        <Portrait name="Wren" image={PICTURE} size="large" ring />
      </Exhibit>
      <Exhibit of="Time" inline>
        {[0, HOUR_MS, 30 * HOUR_MS, 24 * 40 * HOUR_MS, 24 * 500 * HOUR_MS].map((ago) => (
          <Time key={ago} at={new Date(Date.now() - ago)} />
        ))}
        <Time at={new Date()} form="clock" />
      </Exhibit>
      <Exhibit of="Page">
        <div className="h-80 border border-line">
          <Page
            title="A page with a name"
            lead="One sentence below it."
            actions={<Button look="primary">An action</Button>}
          >
            <p>And what it holds.</p>
          </Page>
        </div>
      </Exhibit>
      <Exhibit of="PageTitle">
        <PageTitle className="font-semibold font-story text-title">A title by itself</PageTitle>
      </Exhibit>
    </Room>
  )
}

function Fields() {
  return (
    <>
      <Exhibit of="TextField, TextArea, Field">
        <div className="grid max-w-xl gap-5">
          <TextField label="Name" defaultValue="Wren" />
          <TextField label="With a hint" hint="What is usual here." placeholder="Nothing yet" />
          <TextField label="With an error" defaultValue="?" error="This is not a name." />
          <TextField label="Disabled" defaultValue="Cannot be changed" disabled />
          <TextArea label="Several lines" defaultValue={'One.\nTwo.\nThree.'} dir="auto" />
          <Field label="One of many">
            {(control) => (
              <select {...control}>
                <RowOptions rows={ROWS} />
              </select>
            )}
          </Field>
        </div>
      </Exhibit>
      <Exhibit of="useLeaveGuard">
        <Unsaved />
      </Exhibit>
    </>
  )
}

/** The link asks first, once the field has been changed. */
function Unsaved() {
  const [changed, setChanged] = useState(false)
  const { question } = useLeaveGuard(changed)
  return (
    <div className="flex max-w-xl flex-wrap items-end gap-3">
      <TextField label="Change this" onChange={() => setChanged(true)} />
      <Link to="/elsewhere" className={buttonClass('plain')}>
        then leave
      </Link>
      {question}
    </div>
  )
}

function Choices() {
  const [on, setOn] = useState(true)
  const [tea, setTea] = useState('green')
  return (
    <>
      <Exhibit of="Switch">
        <div className="grid max-w-xl gap-4">
          <Switch label="On or off" checked={on} onChange={setOn} hint="In force at once." />
          <Switch label="Disabled" checked disabled onChange={setOn} />
        </div>
      </Exhibit>
      <Exhibit of="Choice">
        <Choice
          label="Tea"
          hint="One of a few."
          value={tea}
          options={[
            { value: 'green', name: 'Green' },
            { value: 'black', name: 'Black', sample: <span className="size-4 rounded-full bg-ink" /> },
            { value: 'none', name: 'A very long name for no tea at all, thank you' },
          ]}
          onChange={setTea}
        />
      </Exhibit>
    </>
  )
}

function Layers() {
  const notify = useNotify()
  const [asking, setAsking] = useState(false)
  const [open, setOpen] = useState(false)
  const [model, setModel] = useState('small')
  return (
    <>
      <Exhibit of="Menu" inline>
        <Menu trigger={<Button>Open the menu</Button>}>
          <MenuItem icon={Pencil} onSelect={() => undefined}>
            Rename
          </MenuItem>
          <MenuItem icon={Copy} disabled onSelect={() => undefined}>
            Copy, disabled
          </MenuItem>
          <MenuLine />
          <MenuChoice
            label="Who answers"
            value={model}
            options={[
              { value: 'small', name: 'The small one', note: 'on this machine' },
              { value: 'large', name: 'The large one' },
            ]}
            onChange={setModel}
          />
          <MenuLine />
          <MenuItem icon={Trash2} danger onSelect={() => undefined}>
            Delete
          </MenuItem>
        </Menu>
      </Exhibit>
      <Exhibit of="Ask" inline>
        <Button onClick={() => setAsking(true)}>Ask</Button>
        <Ask
          open={asking}
          title="Delete everything?"
          confirm="Delete for good"
          cancel="Keep it"
          onConfirm={() => setAsking(false)}
          onCancel={() => setAsking(false)}
        >
          This cannot be undone.
        </Ask>
      </Exhibit>
      <Exhibit of="Layer" inline>
        <Button onClick={() => setOpen(true)}>Open the layer</Button>
        {open && (
          <Layer
            onClose={() => setOpen(false)}
            aria-describedby={undefined}
            className="inset-x-4 top-[12vh] max-w-lg p-5"
          >
            <Dialog.Title className="font-semibold font-story text-title">A dialog above the page</Dialog.Title>
            <p>Esc closes it, and so does a press beside it.</p>
          </Layer>
        )}
      </Exhibit>
      <Exhibit of="Toaster" inline>
        <Button onClick={() => notify.say('Copied')}>say</Button>
        <Button onClick={() => notify.say('The message is in the trash', () => notify.say('It is back'))}>
          say, with undo
        </Button>
        <Button onClick={() => notify.alert('The server cannot be reached.')}>alert</Button>
      </Exhibit>
    </>
  )
}
