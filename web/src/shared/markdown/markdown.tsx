import type { Element, ElementContent } from 'hast'
import { type Components, toJsxRuntime } from 'hast-util-to-jsx-runtime'
import { memo } from 'react'
import { Fragment, jsx, jsxs } from 'react/jsx-runtime'
import { useText } from '../i18n/text'
import { cx } from '../lib/class-names'
import { splitBlocks } from './blocks'
import { CodeBlock, Growing } from './code-block'
import { read } from './dialect'
import { repairTail } from './tail'

/** A tail longer than this is shown as plain text until it ends: parsing it with every flush would cost too much. */
const LONGEST_TAIL = 4_000

// Module level on purpose: new arrays or functions with each render would defeat the memo below.
const COMPONENTS: Components = {
  p: ({ children }) => <p dir="auto">{children}</p>,
  // The page has its own headings above these.
  h1: ({ children }) => <h3 dir="auto">{children}</h3>,
  h2: ({ children }) => <h4 dir="auto">{children}</h4>,
  h3: ({ children }) => <h5 dir="auto">{children}</h5>,
  h4: ({ children }) => <h6 dir="auto">{children}</h6>,
  h5: ({ children }) => <h6 dir="auto">{children}</h6>,
  ul: ({ node: _, ...list }) => <ul dir="auto" {...list} />,
  ol: ({ node, className, ...list }) => <ol dir="auto" className={cx(className, roomForNumbers(node))} {...list} />,
  pre: ({ node }) => <CodeBlock {...codeOf(node)} />,
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable without a pointer
    <div tabIndex={0} className="wide">
      <table dir="auto">{children}</table>
    </div>
  ),
  a: ({ href, children }) => <Link href={safeAddress(href)}>{children}</Link>,
  img: ({ src, alt }) => <Picture src={safeAddress(src)} alt={alt} />,
  input: ({ checked }) => <Task done={checked === true} />,
}

const DRAWING = {
  Fragment,
  jsx,
  jsxs,
  components: COMPONENTS,
  passNode: true,
  passKeys: true,
  ignoreInvalidStyle: true,
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
  return (
    <Growing value={growing}>
      {blocks.map((block, place) => {
        const tail = unfinished && place === blocks.length - 1
        const plain = growing && tail && block.length > LONGEST_TAIL
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks only ever grow at the end
        return <Block key={place} text={tail && !plain ? repairTail(block) : block} plain={plain} />
      })}
    </Growing>
  )
}

const Block = memo(function Block({ text, plain }: { text: string; plain: boolean }) {
  if (plain) return <p className="whitespace-pre-wrap">{text}</p>
  return toJsxRuntime(read(text), DRAWING)
})

/** A link of somebody else's text: it says where it leads and tells that place nothing. */
function Link({ href, children }: { href: string | undefined; children: React.ReactNode }) {
  if (!href) return <span>{children}</span>
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>{' '}
      <span className="text-small text-soft">({hostOf(href)})</span>
    </>
  )
}

/** A picture from elsewhere is not loaded: the request would tell that it is looked at. */
function Picture({ src, alt }: { src: string | undefined; alt: string | undefined }) {
  const t = useText()
  return <Link href={src}>{alt || t('markdown.picture')}</Link>
}

function Task({ done }: { done: boolean }) {
  const t = useText()
  return (
    <input
      type="checkbox"
      checked={done}
      disabled
      readOnly
      aria-label={done ? t('markdown.taskDone') : t('markdown.taskOpen')}
    />
  )
}

/** Numbers stand before their list's edge, which is moved in for long ones. */
function roomForNumbers(list: Element | undefined): string | undefined {
  const items = list?.children.filter((child) => child.type === 'element').length ?? 0
  const last = Number(list?.properties.start ?? 1) + items - 1
  if (last < 100) return undefined
  return last < 10_000 ? 'ps-[2.75em]' : 'ps-[5.75em]'
}

function codeOf(pre: Element | undefined): { code: string; language: string | null } {
  const code = pre?.children.find((child): child is Element => child.type === 'element')
  const [name] = Array.isArray(code?.properties.className) ? code.properties.className : []
  return { code: textOf(code?.children ?? []), language: name ? String(name).replace(/^language-/, '') : null }
}

function textOf(nodes: readonly ElementContent[]): string {
  return nodes.map((node) => (node.type === 'text' ? node.value : '')).join('')
}

function safeAddress(address: unknown): string | undefined {
  return typeof address === 'string' && /^(https?|mailto):/i.test(address) ? address : undefined
}

function hostOf(address: string): string {
  return URL.parse(address)?.host || address.replace(/^mailto:/i, '')
}
