// Blocking on purpose: the page is dressed before its first paint. The policy allows no inline script.
;(() => {
  const { dataset } = document.documentElement
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const more = matchMedia('(prefers-contrast: more)')
  const calm = matchMedia('(prefers-reduced-motion: reduce)')

  function recall(name) {
    try {
      return JSON.parse(localStorage.getItem(`causerie.${name}`))
    } catch {
      // Storage is closed or holds something else: what the system wants is right then.
      return null
    }
  }

  function themeOf(chosen) {
    if (['light', 'dark', 'contrast'].includes(chosen)) return chosen
    if (more.matches) return 'contrast'
    return dark.matches ? 'dark' : 'light'
  }

  /** The paper, for the frame that a telephone or an installed app draws around the page. */
  function paperOf(theme) {
    if (theme === 'contrast') return dark.matches ? '#000000' : '#ffffff'
    return theme === 'dark' ? '#15161a' : '#faf8f4'
  }

  function dress() {
    const chosen = recall('interface') ?? { theme: recall('theme') }
    dataset.theme = themeOf(chosen.theme)
    dataset.layout = chosen.layout ?? 'manuscript'
    dataset.density = chosen.density ?? 'cosy'
    dataset.fontSize = chosen.font_size ?? 'medium'
    dataset.storyFace = chosen.story_face ?? 'serif'
    dataset.motion = chosen.motion === 'reduced' || calm.matches ? 'reduced' : 'full'
    document.querySelector('meta[name="theme-color"]')?.setAttribute('content', paperOf(dataset.theme))
  }

  dress()
  addEventListener('causerie:interface', dress)
  for (const media of [dark, more, calm]) media.addEventListener('change', dress)
})()
