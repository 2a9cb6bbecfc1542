/**
 * Where the app lives, with a slash at the end. Every built script lies in `<root>assets/`, so the address of this one
 * tells it, also behind a proxy that puts the app under a path.
 */
export const root: URL = import.meta.env.PROD
  ? new URL(/* @vite-ignore */ '..', import.meta.url)
  : new URL('/', location.href)

/** Where a picture is that a row names: an address of the server, below its root, or the picture itself (`data:`). */
export function pictureAddress(image: string): string {
  return new URL(image.replace(/^\//, ''), root).href
}
