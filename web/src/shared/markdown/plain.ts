/** A text without what Markdown makes of it, for where it is only quoted or read aloud. */
export function plainText(markdown: string): string {
  return markdown.replace(/[*_`#>]+/g, '').trim()
}
