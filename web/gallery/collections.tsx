import { useMutation, useQuery } from '@tanstack/react-query'
import * as z from 'zod/mini'
import type { Deed } from '../src/shared/api/mutations'
import { Problem } from '../src/shared/api/problem'
import { TextArea, TextField } from '../src/shared/ui/field'
import { RowForm, useRowForm } from '../src/shared/ui/form'
import { Portrait } from '../src/shared/ui/portrait'
import { Refusal } from '../src/shared/ui/refusal'
import { RowCard, WhereUsed } from '../src/shared/ui/row-card'
import { RowsPage } from '../src/shared/ui/rows-page'
import { Exhibit, Room } from './exhibit'

interface Persona {
  name: string
  text: string
}

const ROWS = [
  { id: 'traveller', name: 'A traveller', text: 'Wet boots, a lantern, no luggage.' },
  { id: 'keeper', name: 'The keeper’s niece, who came for a week and stayed for the winter', text: '' },
]
const TAKEN = new Problem({
  type: 'about:blank',
  title: 'There is one of this name',
  detail: 'Another persona has this name.',
  status: 409,
  code: 'name_taken',
})

export function Collections() {
  return (
    <Room name="Rows that are made, changed and deleted">
      <Exhibit of="RowsPage, RowCard, useRowForm">
        <Framed rows={ROWS} />
      </Exhibit>
      <Exhibit of="RowsPage, empty">
        <Framed rows={[]} />
      </Exhibit>
      <Exhibit of="RowForm, refused">
        <RowForm
          label="Refused"
          save={{ error: TAKEN, isPending: false }}
          question={null}
          onSubmit={(event) => event.preventDefault()}
          onCancel={() => undefined}
        >
          <TextField label="Name" defaultValue="A traveller" />
        </RowForm>
      </Exhibit>
      <Exhibit of="Refusal">
        <Refusal error={TAKEN} />
      </Exhibit>
    </Room>
  )
}

function Framed({ rows }: { rows: typeof ROWS }) {
  const shown = useQuery({ queryKey: ['gallery', rows.length], queryFn: () => ({ items: rows }) })
  return (
    <div className="h-[34rem] border border-line">
      <RowsPage
        title="Personas"
        lead="Who the reader can be."
        rows={shown}
        unread="The personas could not be read"
        empty="There are none yet."
        create="New persona"
        card={(row) => <Card row={row} />}
        form={(row, close) => <Form row={row} onClose={close} />}
      />
    </div>
  )
}

function Card({ row }: { row: (typeof ROWS)[number] }) {
  return (
    <RowCard
      row={row}
      isDefault={row.id === 'traveller'}
      portrait={<Portrait name={row.name} size="large" />}
      text={row.text}
      fields={{ text: row.text }}
      choose={useNothing<string>()}
      make={useNothing<Persona>()}
      remove={useNothing<string>()}
      restore={useNothing<string>()}
      inTrash={() => `${row.name} is in the trash`}
    >
      <WhereUsed queryKey={['gallery', 'uses', row.id]} queryFn={async () => 3}>
        {(chats) => <p>In {chats} chats.</p>}
      </WhereUsed>
    </RowCard>
  )
}

function Form({ row, onClose }: { row: Persona | null; onClose: () => void }) {
  const save = useNothing<Persona>()
  const { form, field, store, question } = useRowForm({
    schemaOf,
    defaultValues: { name: row?.name ?? '', text: row?.text ?? '' },
    save,
    onClose,
  })
  return (
    <RowForm label="Persona" save={save} question={question} onSubmit={form.handleSubmit(store)} onCancel={onClose}>
      <TextField label="Name" {...field('name')} />
      <TextArea label="Text" {...field('text')} />
    </RowForm>
  )
}

function schemaOf() {
  return z.object({ name: z.string().check(z.minLength(1, 'Without a name nobody finds it.')), text: z.string() })
}

/** A deed that succeeds and stores nothing. */
function useNothing<Input>(): Deed<Input> {
  return useMutation<unknown, Problem, Input>({ mutationFn: async () => null })
}
