/** The worker of `src/sw`, which lets the app open without its server. */

import { root } from '../shared/api/root'

/** Browsers that know Trusted Types have this, and then take the address of a worker from a policy alone. */
interface TrustedTypes {
  /** What its policies make stands for an address and is none, but it is only handed on. */
  createPolicy(
    name: string,
    rules: { createScriptURL: (address: string) => string },
  ): { createScriptURL: (address: string) => string }
}

declare global {
  interface Window {
    trustedTypes?: TrustedTypes
  }
}

/**
 * Have the worker installed, once the page has loaded all that it needs itself.
 *
 * @param onReplaced called when a worker has taken the place of the one that the page began with.
 */
export async function registerWorker(onReplaced: () => void): Promise<void> {
  // Neither a private window nor an address that is not secure has workers.
  const workers: ServiceWorkerContainer | undefined = navigator.serviceWorker
  if (!workers) return
  if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('load', resolve))
  if (workers.controller) workers.addEventListener('controllerchange', onReplaced)
  // Without it the app does all but open offline, and the next visit tries again.
  await workers.register(trusted(new URL('sw.js', root).href), { scope: root.pathname }).catch(() => undefined)
}

/** The one address that may become a script here. */
function trusted(address: string): string {
  const policy = window.trustedTypes?.createPolicy('causerie-worker', {
    createScriptURL: (asked) => {
      if (asked !== address) throw new TypeError(`${asked} is no worker of this app`)
      return asked
    },
  })
  return policy?.createScriptURL(address) ?? address
}
