import { problemOf, unreachable } from './problem'
import { root } from './root'

interface CallOptions {
  query?: Record<string, string | number | boolean | null | undefined>
  body?: unknown
  form?: FormData
  version?: number
  signal?: AbortSignal
}

export async function call<Answer>(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const url = new URL(`api/${path}`, root)
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== null && value !== undefined) url.searchParams.set(name, String(value))
  }
  const headers: Record<string, string> = { 'X-Causerie': '1' }
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`
  const response = await fetch(url, {
    method,
    headers,
    body: options.form ?? (options.body === undefined ? null : JSON.stringify(options.body)),
    signal: options.signal ?? null,
  }).catch(() => {
    throw unreachable()
  })
  if (!response.ok) throw await problemOf(response)
  return (response.status === 204 ? undefined : await response.json()) as Answer
}
