/** Remember which page is shown; the answer tells whether it still is, also to what has left it. */
export function rememberPage(): () => boolean {
  const { pathname } = window.location
  return () => window.location.pathname === pathname
}
