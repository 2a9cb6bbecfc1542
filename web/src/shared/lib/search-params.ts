import { useCallback, useLayoutEffect, useMemo, useRef } from 'react'
import { useSearchParams } from 'react-router'
import type * as z from 'zod/mini'

type Fields = Readonly<Record<string, z.ZodMiniType>>

interface ChangeOptions {
  /** The change is a step that the back button takes back; without it the present step becomes another. */
  step?: boolean
}

/**
 * What the address says after the `?`, as `schema` reads it, and a way to change it.
 *
 * Every field has to catch what is missing or bad (`z.catch`), and that value never stands in the address. A list stands
 * there as its name repeated. Other parameters stay. `schema` is made once, at module level.
 */
export function useSearch<F extends Fields>(
  schema: z.ZodMiniObject<F>,
): [z.infer<z.ZodMiniObject<F>>, (change: Partial<z.infer<z.ZodMiniObject<F>>>, options?: ChangeOptions) => void] {
  const [params, setParams] = useSearchParams()
  const search = useMemo(() => read(schema, params), [schema, params])
  // The router draws a change when there is time: until then the next one builds on it here.
  const latest = useRef(params)
  useLayoutEffect(() => {
    latest.current = params
  }, [params])
  const change = useCallback(
    (members: Partial<z.infer<z.ZodMiniObject<F>>>, { step = false }: ChangeOptions = {}) => {
      latest.current = changed(schema, latest.current, members)
      setParams(latest.current, { replace: !step })
    },
    [schema, setParams],
  )
  return [search, change]
}

function read<F extends Fields>(schema: z.ZodMiniObject<F>, params: URLSearchParams) {
  const usual: Record<string, unknown> = schema.parse({})
  return schema.parse(
    Object.fromEntries(
      Object.keys(schema.shape)
        .filter((name) => params.has(name))
        .map((name) => [name, Array.isArray(usual[name]) ? params.getAll(name) : params.get(name)]),
    ),
  )
}

function changed<F extends Fields>(schema: z.ZodMiniObject<F>, before: URLSearchParams, members: object) {
  const usual: Record<string, unknown> = schema.parse({})
  const after = new URLSearchParams(before)
  for (const [name, value] of Object.entries(members)) {
    after.delete(name)
    if (String(value) === String(usual[name])) continue
    for (const one of Array.isArray(value) ? value : [value]) after.append(name, String(one))
  }
  return after
}
