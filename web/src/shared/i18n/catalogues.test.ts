import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CompiledMessage } from '@lingui/message-utils/compileMessage'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { compile, messagesOf } from '../../../catalogues'
import { LANGUAGES } from './language'

const SOURCES = join(import.meta.dirname, '../..')
/** Names of products, keys and formats, which every language writes alike. */
const PROPER =
  /Causerie|causerie worker|OpenAI|OpenRouter|Google Gemini|LangChain|Redis|API|CPU|CSV|Top P|Ctrl|Shift|Alt|Esc|Enter|https?:|tokens?/g
const english = messagesOf('en')
const calls = sources().flatMap(callsIn)
const mentioned = new Set(sources().flatMap(stringsIn))

test('every message is shown somewhere, its key written out', () => {
  expect(Object.keys(english).filter((key) => !mentioned.has(key))).toEqual([])
})

test('whoever shows a message gives the values that it names, and no others', () => {
  const compiled = compile(english)
  const wrong = calls
    .map(({ key, values }) => ({ key, values, named: [...namesIn(compiled[key] ?? [])].sort() }))
    .filter(({ values, named }) => values.join() !== named.join())
  expect(wrong).toEqual([])
})

test.each(Object.keys(LANGUAGES))('%s says everything, with the values and elements of the English', (language) => {
  const messages = messagesOf(language)
  expect(Object.keys(messages).sort()).toEqual(Object.keys(english).sort())
  expect(namesByKey(messages)).toEqual(namesByKey(english))
})

test.each(Object.keys(LANGUAGES))('%s counts in the forms that it has', (language) => {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories as string[]
  const wrong = Object.entries(compile(messagesOf(language)))
    .flatMap(([key, message]) => choicesIn(message).map((choices) => ({ key, choices })))
    .filter(({ choices }) => !('other' in choices) || Object.keys(choices).some((form) => !isForm(form, forms)))
  expect(wrong).toEqual([])
})

/** A form of many numbers must say which one it is. In Persian `one` is that of 0, of 1 and of all between. */
test.each(Object.keys(LANGUAGES))('%s writes the number in each form that has several', (language) => {
  const rules = new Intl.PluralRules(language)
  const numbers = [...Array(200).keys()]
  const silent = Object.entries(compile(messagesOf(language)))
    .flatMap(([key, message]) => choicesIn(message).map((choices) => ({ key, choices })))
    .filter(({ choices }) =>
      Object.entries(choices).some(([form, inner]) => {
        const meant = numbers.filter((n) => !(String(n) in choices) && rules.select(n) === form)
        return meant.length > 1 && !JSON.stringify(inner).includes('"#"')
      }),
    )
  expect(silent).toEqual([])
})

test.each(Object.keys(LANGUAGES).filter((language) => language !== 'en'))(
  '%s leaves no word in English',
  (language) => {
    const left = Object.entries(messagesOf(language)).filter(([, message]) =>
      /[a-z]{2}/i.test(
        message.replace(/\{\w+(, (number|plural,))?|<\/?\w+>|\b(one|other) \{/g, '').replace(PROPER, ''),
      ),
    )
    expect(Object.fromEntries(left)).toEqual({})
  },
)

function sources(): ts.SourceFile[] {
  return globSync('**/*.{ts,tsx}', { cwd: SOURCES })
    .filter((path) => !/\.(test|gen|d)\.tsx?$/.test(path))
    .map((path) => ts.createSourceFile(path, readFileSync(join(SOURCES, path), 'utf8'), ts.ScriptTarget.Latest, true))
}

function stringsIn(node: ts.Node): string[] {
  const inside = node.getChildren().flatMap(stringsIn)
  return ts.isStringLiteral(node) ? [node.text, ...inside] : inside
}

/** Where a message is asked for by name (`t(key, …)`, `t.rich`, `text`) with values that are written out. */
function callsIn(node: ts.Node): { key: string; values: string[] }[] {
  const inside = node.getChildren().flatMap(callsIn)
  if (!ts.isCallExpression(node)) return inside
  const [asked, given] = node.arguments
  const keys = asked ? stringsIn(asked).filter((string) => string in english) : []
  if (keys.length === 0 || !/^(t|t\.rich|text)$/.test(node.expression.getText())) return inside
  if (given && !ts.isObjectLiteralExpression(given)) return inside
  const values = (given?.properties ?? []).flatMap((property) => property.name?.getText() ?? []).sort()
  return [...inside, ...keys.map((key) => ({ key, values }))]
}

/** The placeholders and `<elements>` of a message. */
function namesIn(message: CompiledMessage): Set<string> {
  const names = new Set<string>()
  for (const token of message) {
    if (typeof token === 'string') {
      for (const [, name = ''] of token.matchAll(/<(\w+)>/g)) names.add(name)
      continue
    }
    const [name, , choices] = token
    names.add(name)
    if (typeof choices !== 'object' || choices === null) continue
    for (const choice of Object.values(choices)) {
      if (Array.isArray(choice)) for (const inner of namesIn(choice)) names.add(inner)
    }
  }
  return names
}

/** What the message chooses between by a number. */
function choicesIn(message: CompiledMessage): Record<string, unknown>[] {
  return message.flatMap((token) => {
    const choices = typeof token === 'string' ? null : token[2]
    if (typeof choices !== 'object' || choices === null) return []
    const inner = Object.values(choices).flatMap((choice) => (Array.isArray(choice) ? choicesIn(choice) : []))
    return [choices as Record<string, unknown>, ...inner]
  })
}

function isForm(form: string, forms: readonly string[]): boolean {
  return form === 'offset' || /^\d+$/.test(form) || forms.includes(form)
}

function namesByKey(messages: Record<string, string>) {
  return Object.fromEntries(Object.entries(compile(messages)).map(([key, message]) => [key, namesIn(message)]))
}
