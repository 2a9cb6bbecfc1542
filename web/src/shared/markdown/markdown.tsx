import { memo } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkBreaks from 'remark-breaks'
import remarkGfm from 'remark-gfm'
import { splitBlocks } from './blocks'
import { repairTail } from './tail'

/** A tail longer than this is shown as plain text until it ends: parsing it with every flush would cost too much. */
const LONGEST_TAIL = 4_000

// Module level on purpose: new arrays or functions with each render would defeat the memo below.
const PLUGINS = [remarkGfm, remarkBreaks]
const COMPONENTS: Components = {
  p: ({ children }) => <p dir="auto">{children}</p>,
  /* biome-ignore-start lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable without a pointer */
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children }) => <table tabIndex={0}>{children}</table>,
  /* biome-ignore-end lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable without a pointer */
  a: ({ href, children }) => <Link href={href}>{children}</Link>,
  img: ({ src, alt }) => <Link href={typeof src === 'string' ? src : undefined}>{alt || 'picture'}</Link>,
}

interface MarkdownProps {
  text: string
  /** Still being written. */
  growing?: boolean
  /** Ends where it was not meant to: what is open there is closed. */
  unfinished?: boolean
}

/** A text of a message: Markdown without HTML (which shows as text), without pictures from elsewhere. */
export function Markdown({ text, growing = false, unfinished = growing }: MarkdownProps) {
  const blocks = splitBlocks(text, growing)
  return blocks.map((block, place) => {
    const tail = unfinished && place === blocks.length - 1
    const shown = tail ? repairTail(block) : block
    const plain = growing && tail && block.length > LONGEST_TAIL
    // biome-ignore lint/suspicious/noArrayIndexKey: blocks only ever grow at the end
    return <Block key={place} text={shown} plain={plain} />
  })
}

const Block = memo(function Block({ text, plain }: { text: string; plain: boolean }) {
  if (plain) return <p className="whitespace-pre-wrap">{text}</p>
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={safeAddress}>
      {text}
    </ReactMarkdown>
  )
})

/** A link of somebody else's text: it says where it leads and tells that place nothing. */
function Link({ href, children }: { href: string | undefined; children: React.ReactNode }) {
  if (!href) return <span>{children}</span>
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>{' '}
      <span className="text-faint text-small">({hostOf(href)})</span>
    </>
  )
}

function safeAddress(address: string): string | undefined {
  return /^(https?|mailto):/i.test(address) ? address : undefined
}

function hostOf(address: string): string {
  return URL.parse(address)?.host || address.replace(/^mailto:/i, '')
}
