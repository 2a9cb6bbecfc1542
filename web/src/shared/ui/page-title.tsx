import { useEffect, useRef } from 'react'
import { useLocation } from 'react-router'

interface PageTitleProps {
  children: string
  className?: string
  /** The reader is at work on this page already: leave the focus where it is. */
  keepFocus?: boolean
}

/** The `h1` of a page: names the browser's tab and takes the focus when the reader comes from another page. */
export function PageTitle({ children, className, keepFocus = false }: PageTitleProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { key, pathname } = useLocation()
  // The first entry of a visit has this key: there the browser puts the focus, as on any page.
  const seen = useRef(key === 'default' ? pathname : null)

  useEffect(() => {
    if (seen.current !== pathname && !keepFocus) heading.current?.focus({ preventScroll: true })
    seen.current = pathname
  }, [pathname, keepFocus])

  return (
    <>
      <title>{`${children} · Causerie`}</title>
      <h1 ref={heading} tabIndex={-1} className={className} dir="auto">
        {children}
      </h1>
    </>
  )
}
