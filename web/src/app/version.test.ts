import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isOutdated } from './version'

const page = (script: string) => `<script type="module" src="/assets/${script}"></script>`

beforeEach(() => {
  document.head.innerHTML = page('index-A.js')
})

afterEach(() => {
  document.head.innerHTML = ''
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
