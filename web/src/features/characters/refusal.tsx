export function Refusal({ error }: { error: Error | null }) {
  if (!error) return null
  return (
    <p role="alert" className="mt-3 text-danger">
      {error.message}
    </p>
  )
}
