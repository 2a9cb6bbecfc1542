/** The rows of a list as what a `select` offers; nothing while they are read. */
export function RowOptions({ rows }: { rows: readonly { id: string; name: string }[] | undefined }) {
  return rows?.map(({ id, name }) => (
    <option key={id} value={id}>
      {name}
    </option>
  ))
}
