// Blocking on purpose: the theme stands before the first paint. The policy allows no inline script.
;(() => {
  let chosen = null
  try {
    chosen = JSON.parse(localStorage.getItem('causerie.theme'))
  } catch {
    // Storage is closed or holds something else: the system's theme is right then.
  }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
