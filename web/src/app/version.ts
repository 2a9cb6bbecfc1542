/** Whether a newer version of the page has come to the server since this one was loaded, and what is done about it. */

import { root } from '../shared/api/root'

const LEFT = 'causerie.left'

/** The server's page names other scripts than those that run here; false while it cannot be read. */
export async function isOutdated(): Promise<boolean> {
  const running = runningScript()
  try {
    const answer = await fetch(root, { cache: 'no-cache' })
    return answer.ok && running !== null && !(await answer.text()).includes(running)
  } catch {
    return false
  }
}

/** Leave a version that has lost some of its scripts for the newer one; when that brings it back, it stays. */
export async function leaveOutdated(reload: () => void): Promise<void> {
  const running = runningScript()
  if (running === null || sessionStorage.getItem(LEFT) === running || !(await isOutdated())) return
  sessionStorage.setItem(LEFT, running)
  reload()
}

function runningScript(): string | null {
  const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]')
  return script?.src.split('/').at(-1) ?? null
}
