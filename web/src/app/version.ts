/** Whether a newer version of the page has come to the server since this one was loaded. */

import { root } from '../shared/api/root'

/** The server's page names other scripts than those that run here; false while it cannot be read. */
export async function isOutdated(): Promise<boolean> {
  const running = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.src.split('/').at(-1)
  try {
    const answer = await fetch(root, { cache: 'no-cache' })
    return answer.ok && running !== undefined && !(await answer.text()).includes(running)
  } catch {
    return false
  }
}
