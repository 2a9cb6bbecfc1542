import { useEffect, useRef } from 'react'
import { useLocation } from 'react-router'

interface PageTitleProps {
  children: string
  className?: string
}

/** The `h1` of a page: names the browser's tab and takes the focus when the reader comes from another page. */
export function PageTitle({ children, className }: PageTitleProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { key } = useLocation()
  const cameFromElsewhere = useRef(key !== 'default')

  useEffect(() => {
    if (cameFromElsewhere.current) heading.current?.focus({ preventScroll: true })
  }, [])

  return (
    <>
      <title>{`${children} · Causerie`}</title>
      <h1 ref={heading} tabIndex={-1} className={className}>
        {children}
      </h1>
    </>
  )
}
