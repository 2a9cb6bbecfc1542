/** Code in pieces to colour: comments, strings, numbers, keywords. Enough to read by; not a parser of any language. */

export type Kind = 'comment' | 'string' | 'number' | 'keyword'

export interface Piece {
  text: string
  kind: Kind | null
}

/** Above this a block stays plain: nobody reads it by its colours, and each is an element. */
const LONGEST = 20_000

const SLASHES = String.raw`\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)`
const HASH = String.raw`#[^\n]*`
const DASHES = String.raw`--[^\n]*`
const QUOTES = String.raw`"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?`
const BACKTICKS = String.raw`\`(?:\\[^]|[^\`\\])*\`?`
const TRIPLE = `"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)`
const NUMBER = String.raw`\b(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\b`

const C_WORDS =
  'abstract as async await auto bool boolean break byte case catch char class const constexpr continue default defer delete do ' +
  'double dynamic else enum export extends extern false final finally float fn for foreach from func function go goto if ' +
  'impl implements import in inline instanceof int interface internal is let long loop match mod module mut namespace new nil ' +
  'null nullptr of operator override package private protected public range readonly ref return self short signed sizeof ' +
  'static string struct super switch template this throw trait true try type typedef typeof undefined union unsafe unsigned ' +
  'use using val var virtual void volatile when where while with yield'
const PYTHON_WORDS =
  'and as assert async await break case class continue def del elif else except False finally for from global if import in is ' +
  'lambda match None nonlocal not or pass raise return self True try type while with yield'
const SHELL_WORDS = 'case do done elif else esac exit export fi for function if in local return set then until while'
const RUBY_WORDS =
  'and begin break case class def do else elsif end ensure false for if in module next nil not or redo rescue retry return self ' +
  'super then true undef unless until when while yield'
const LUA_WORDS =
  'and break do else elseif end false for function goto if in local nil not or repeat return then true until while'
const SQL_WORDS =
  'add all alter and as asc begin between by case cast check column commit constraint create cross default delete desc distinct ' +
  'drop else end exists foreign from full group having in index inner insert into is join key left like limit not null offset ' +
  'on or order outer primary references returning right rollback select set table then union unique update using values view ' +
  'when where with'
const DATA_WORDS = 'true false null yes no on off'

interface Language {
  comment?: string
  string?: string
  words?: string
  /** A pattern instead of words. */
  keyword?: string
  anyCase?: boolean
}

const C: Language = { comment: SLASHES, string: `${BACKTICKS}|${QUOTES}`, words: C_WORDS }
const PYTHON: Language = { comment: HASH, string: `${TRIPLE}|${QUOTES}`, words: PYTHON_WORDS }
const SHELL: Language = { comment: String.raw`(?<![^\s])#[^\n]*`, string: QUOTES, words: SHELL_WORDS }
const RUBY: Language = { comment: HASH, string: QUOTES, words: RUBY_WORDS }
const LUA: Language = { comment: DASHES, string: QUOTES, words: LUA_WORDS }
const SQL: Language = { comment: `${DASHES}|${SLASHES}`, string: QUOTES, words: SQL_WORDS, anyCase: true }
const DATA: Language = { comment: String.raw`(?<![^\s])[#;][^\n]*`, string: QUOTES, words: DATA_WORDS }
const MARKUP: Language = {
  comment: `<!--[^]*?(?:-->|$)`,
  string: `"[^"<>]*"|'[^'<>]*'`,
  keyword: String.raw`<\/?[a-zA-Z][\w:.-]*|\/?>`,
}

const LANGUAGES: [Language, string][] = [
  [
    C,
    'c h cpp c++ cc hpp cs csharp java js javascript jsx mjs ts typescript tsx go golang rust rs swift kotlin kt php dart scala css scss less json jsonc',
  ],
  [PYTHON, 'py python python3'],
  [SHELL, 'sh bash zsh shell console dockerfile makefile make'],
  [RUBY, 'rb ruby perl r elixir'],
  [LUA, 'lua haskell hs'],
  [SQL, 'sql sqlite postgres postgresql mysql'],
  [DATA, 'yaml yml toml ini conf properties env'],
  [MARKUP, 'html xml svg vue xhtml'],
]

/** The pieces of `code`, which joined are `code` again. A language that is not known has one piece. */
export function highlight(code: string, language: string): Piece[] {
  const known = LANGUAGES.find(([, names]) => names.split(' ').includes(language.toLowerCase()))?.[0]
  if (!known || code.length > LONGEST) return [{ text: code, kind: null }]
  const pieces: Piece[] = []
  let from = 0
  for (const found of code.matchAll(patternOf(known))) {
    const kind = Object.entries(found.groups ?? {}).find(([, text]) => text !== undefined)?.[0]
    if (found.index > from) pieces.push({ text: code.slice(from, found.index), kind: null })
    pieces.push({ text: found[0], kind: kind as Kind })
    from = found.index + found[0].length
  }
  if (from < code.length) pieces.push({ text: code.slice(from), kind: null })
  return pieces
}

function patternOf({ comment, string, words, keyword, anyCase }: Language): RegExp {
  const kinds: [Kind, string | undefined][] = [
    ['comment', comment],
    ['string', string],
    ['number', keyword ? undefined : NUMBER],
    ['keyword', keyword ?? String.raw`\b(?:${words?.replaceAll(' ', '|')})\b`],
  ]
  const alternatives = kinds.filter(([, pattern]) => pattern).map(([kind, pattern]) => `(?<${kind}>${pattern})`)
  return new RegExp(alternatives.join('|'), anyCase ? 'gi' : 'g')
}
