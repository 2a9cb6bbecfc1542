import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CompiledMessage } from '@lingui/message-utils/compileMessage'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { compile, messagesOf } from '../../../catalogues'
import { LANGUAGES } from './language'

const SOURCES = join(import.meta.dirname, '../..')
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

function namesByKey(messages: Record<string, string>) {
  return Object.fromEntries(Object.entries(compile(messages)).map(([key, message]) => [key, namesIn(message)]))
}
