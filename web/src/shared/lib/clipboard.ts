import { text as word } from '../i18n/text'

/** Put a text into the clipboard, also over plain http, where pages are given none. */
export async function copyText(text: string): Promise<void> {
  if ('clipboard' in navigator) return navigator.clipboard.writeText(text)
  if (!copyAsReader(text)) throw new Error(word('shared.noClipboard'))
}

/** Copy as if the reader had selected it; the focus stays where it is, which a menu may hold. */
function copyAsReader(text: string): boolean {
  const put = (event: ClipboardEvent) => {
    event.preventDefault()
    event.clipboardData?.setData('text/plain', text)
  }
  // Some browsers copy only where something is selected.
  const spot = document.body.appendChild(document.createElement('span'))
  spot.className = 'sr-only select-text'
  spot.textContent = text
  getSelection()?.selectAllChildren(spot)
  document.addEventListener('copy', put)
  try {
    return document.execCommand('copy')
  } finally {
    document.removeEventListener('copy', put)
    spot.remove()
  }
}
