import fc from 'fast-check'
import { expect, test } from 'vitest'
import { highlight, type Kind } from './highlight'

function of(kind: Kind, code: string, language: string): string[] {
  return highlight(code, language)
    .filter((piece) => piece.kind === kind)
    .map(({ text }) => text)
}

test.each<[string, string, Kind, string[]]>([
  ['ts', 'const a = `x if` // if', 'keyword', ['const']],
  ['ts', 'const a = `x if` // if', 'comment', ['// if']],
  ['py', '"""doc\nif""" # if\nif a: 0x1f', 'string', ['"""doc\nif"""']],
  ['py', 'turn2 = 12.5', 'number', ['12.5']],
  ['sql', "SELECT 'it' -- all", 'keyword', ['SELECT']],
  ['bash', 'echo "$#" # done', 'comment', ['# done']],
  ['yaml', 'a: true # yes', 'keyword', ['true']],
  ['html', '<a href="/">x</a><!-- <b> -->', 'keyword', ['<a', '>', '</a', '>']],
])('in %s %j the %s is %j', (language, code, kind, found) => {
  expect(of(kind, code, language)).toEqual(found)
})

test('what is not closed reaches to the end of its line, or of the code', () => {
  expect(of('string', 'a = "open\nb', 'py')).toEqual(['"open'])
  expect(of('comment', 'a /* open\nb', 'c')).toEqual(['/* open\nb'])
})

test('the pieces are the code again, in every language', () => {
  const languages = ['js', 'py', 'sh', 'rb', 'lua', 'sql', 'yaml', 'html', 'brainfuck']
  const codes = fc.string({ unit: fc.constantFrom(...'"\'`#/*-<>!\\ \n\tif01a=') })
  fc.assert(
    fc.property(codes, fc.constantFrom(...languages), (code, language) => {
      return (
        highlight(code, language)
          .map(({ text }) => text)
          .join('') === code
      )
    }),
    { seed: 7, numRuns: 500 },
  )
})
