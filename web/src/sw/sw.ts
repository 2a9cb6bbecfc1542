/**
 * Lets the app open without its server, and never shows an old page while there is a newer one: the page is asked of the
 * server first, its hashed parts are not. What the API says is kept by nobody here.
 */

/** This build, and its hashed files as seen from here; the build writes both above this file. */
declare const BUILD: string
declare const ASSETS: readonly string[]

/** How long the server may take before what it said last is shown. */
const PATIENCE_MS = 3_000
/** What the page needs before its hashed parts. */
const BESIDE = ['theme.js', 'icon.svg']
/** Answered by the server alone. */
const OTHER_TREES = /^(api|ws|v1|graphql|metrics|livez|readyz)(\/|$)/

const worker = self as unknown as ServiceWorkerGlobalScope
const root = new URL('.', worker.location.href)
// Several installations may share an origin, and with it all caches.
const OURS = `causerie ${root.pathname} `
const PAGE = `${OURS}page`
const BUILDS = `${OURS}build `
const PRESENT = BUILDS + BUILD

/** The server has just been too slow, or away: what belongs to the page that was shown need not wait for it again. */
let slow = false

worker.addEventListener('install', (event: RoutedInstallEvent) => {
  // Where browsers can, requests of the API do not even wake this worker.
  const pathname = `${root.pathname}api/*`
  if (event.addRoutes) event.waitUntil(event.addRoutes({ condition: { urlPattern: { pathname } }, source: 'network' }))
  event.waitUntil(install())
})
worker.addEventListener('activate', (event) => event.waitUntil(activate()))
worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== root.origin || !pathname.startsWith(root.pathname)) return
  const path = pathname.slice(root.pathname.length)
  if (path.startsWith('assets/')) event.respondWith(part(request))
  else if (request.mode === 'navigate' && !OTHER_TREES.test(path)) {
    // Every address of the app has the same page.
    event.respondWith(newest(event, root.href, PATIENCE_MS))
  } else if (BESIDE.includes(path)) event.respondWith(newest(event, request.url, slow ? 0 : PATIENCE_MS))
})

/** Make this build complete, one file after the other: the page's own requests are more urgent. */
async function install(): Promise<void> {
  const build = await caches.open(PRESENT)
  const there = new Set((await build.keys()).map(({ url }) => url))
  for (const name of ASSETS) {
    const { href } = new URL(name, root)
    if (there.has(href)) continue
    const answer = (await caches.match(href)) ?? (await fetch(href))
    if (!answer.ok) throw new Error(`${name} cannot be had: ${answer.status}`)
    await build.put(href, answer)
  }
  // The first visit's page came before there was a worker to see it.
  for (const { href } of [root, ...BESIDE.map((name) => new URL(name, root))]) {
    await keep(href, await fetch(href, { cache: 'no-cache' }))
  }
  // Nothing here depends on which build a page is of, so there is nothing to wait for.
  await worker.skipWaiting()
}

/** Open pages may be of the build before this one; older ones are let go. */
async function activate(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(BUILDS) && name !== PRESENT)
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)))
  await worker.clients.claim()
}

/** A hashed file never changes, so whichever build brought it. */
async function part(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request)
}

/** What the server says now; when it is away or takes longer than `patience`, what it said last. */
async function newest(event: FetchEvent, key: string, patience: number): Promise<Response> {
  const asked = fetch(event.request)
  // What comes too late for this visit is there for the next one.
  event.waitUntil(
    asked.then(
      (answer) => keep(key, answer.clone()),
      () => undefined,
    ),
  )
  const known = await caches.match(key)
  if (!known) return asked
  const tooLate = new Promise<null>((resolve) => setTimeout(resolve, patience, null))
  const answer = await Promise.race([asked.catch(() => null), tooLate])
  slow = answer === null
  return answer && answer.status < 500 ? answer : known
}

async function keep(key: string, answer: Response): Promise<void> {
  const isPage = answer.headers.get('content-type')?.startsWith('text/html') ?? false
  // Another file may be opened by its address, too.
  if (!answer.ok || answer.redirected || isPage !== (key === root.href)) return
  const cache = await caches.open(PAGE)
  await cache.put(key, answer)
}

/** Not yet described by the language's library. */
interface RoutedInstallEvent extends ExtendableEvent {
  addRoutes?(rule: { condition: { urlPattern: { pathname: string } }; source: 'network' }): Promise<void>
}
