import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { registerWorker } from './sw-register'

/** A browser that takes the address of a worker from a policy alone. */
const TYPED = {
  createPolicy: (_: string, { createScriptURL }: { createScriptURL: (address: string) => string }) => ({
    createScriptURL: (address: string) => `typed ${createScriptURL(address)}`,
  }),
}
const register = vi.fn()
let workers: EventTarget & { controller: object | null; register: typeof register }

beforeEach(() => {
  register.mockReset().mockResolvedValue({})
  workers = Object.assign(new EventTarget(), { controller: null, register })
  Object.defineProperty(navigator, 'serviceWorker', { configurable: true, value: workers })
})

afterEach(() => {
  Reflect.deleteProperty(navigator, 'serviceWorker')
  vi.unstubAllGlobals()
})

test('the worker comes from a policy where the browser knows them', async () => {
  vi.stubGlobal('trustedTypes', TYPED)
  await registerWorker(vi.fn())
  expect(register).toHaveBeenCalledWith(`typed ${location.origin}/sw.js`, { scope: '/' })

  vi.unstubAllGlobals()
  await registerWorker(vi.fn())
  expect(register).toHaveBeenLastCalledWith(`${location.origin}/sw.js`, { scope: '/' })
})

test('a worker that replaces another is told of, a first one is not', async () => {
  const replaced = vi.fn()
  await registerWorker(replaced)
  workers.dispatchEvent(new Event('controllerchange'))
  expect(replaced).not.toHaveBeenCalled()

  workers.controller = {}
  await registerWorker(replaced)
  workers.dispatchEvent(new Event('controllerchange'))
  expect(replaced).toHaveBeenCalledTimes(1)
})

test('a browser without workers, and one that takes none, have the app all the same', async () => {
  register.mockRejectedValue(new TypeError('Storage is closed'))
  await registerWorker(vi.fn())

  Reflect.deleteProperty(navigator, 'serviceWorker')
  await registerWorker(vi.fn())
  expect(register).toHaveBeenCalledTimes(1)
})
