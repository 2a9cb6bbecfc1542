import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isOutdated, leaveOutdated } from './version'

const page = (script: string) => `<script type="module" src="/assets/${script}"></script>`

beforeEach(() => {
  document.head.innerHTML = page('index-A.js')
})

afterEach(() => {
  document.head.innerHTML = ''
  sessionStorage.clear()
  vi.unstubAllGlobals()
})

test.each([
  ['the same scripts', new Response(page('index-A.js')), false],
  ['others', new Response(page('index-B.js')), true],
  ['nothing but a fault', new Response('', { status: 502 }), false],
])('a page for which the server has %s', async (_, answer, outdated) => {
  vi.stubGlobal('fetch', async () => answer)

  expect(await isOutdated()).toBe(outdated)
})

test('a server that is away has nothing newer', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError()))

  expect(await isOutdated()).toBe(false)
})

test('a version that has lost a script is left for the newer one, and not again when the way leads back to it', async () => {
  vi.stubGlobal('fetch', async () => new Response(page('index-B.js')))
  const reload = vi.fn()
  await leaveOutdated(reload)
  await leaveOutdated(reload)
  expect(reload).toHaveBeenCalledTimes(1)

  document.head.innerHTML = page('index-C.js')
  await leaveOutdated(reload)
  expect(reload).toHaveBeenCalledTimes(2)
})

test('a script that is lost though there is nothing newer is no reason to leave', async () => {
  vi.stubGlobal('fetch', async () => new Response(page('index-A.js')))
  const reload = vi.fn()
  await leaveOutdated(reload)

  expect(reload).not.toHaveBeenCalled()
})
