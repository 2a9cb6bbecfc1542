import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type CompiledMessage, compileMessageOrThrow } from '@lingui/message-utils/compileMessage'
import type { Plugin } from 'vite'

const FOLDER = join(import.meta.dirname, 'src/shared/i18n')
const NAME = /^virtual:catalogue\/(\w+)$/

/** The messages of a language as they stand in its files, by `<namespace>.<name>`. */
export function messagesOf(language: string): Record<string, string> {
  const messages: Record<string, string> = {}
  for (const file of filesOf(language)) {
    const namespace = basename(file, '.json')
    for (const [name, message] of Object.entries<string>(JSON.parse(readFileSync(file, 'utf8')))) {
      messages[`${namespace}.${name}`] = message
    }
  }
  return messages
}

/**
 * Messages in the form that lingui fills in, with their words as they are or as `words` turns them.
 *
 * @throws {Error} for a message that is not ICU MessageFormat, with its key.
 */
export function compile(
  messages: Record<string, string>,
  words?: (text: string) => string,
): Record<string, CompiledMessage> {
  return Object.fromEntries(
    Object.entries(messages).map(([key, message]) => {
      try {
        return [key, compileMessageOrThrow(message, words)]
      } catch (error) {
        throw new Error(`The message ${key} cannot be read.`, { cause: error })
      }
    }),
  )
}

/** Answers `virtual:catalogue/<language>` with that language's messages, compiled: the page carries no parser for them. */
export function catalogues(): Plugin {
  return {
    name: 'catalogues',
    resolveId: (id) => (NAME.test(id) ? `\0${id}` : undefined),
    load(id) {
      const language = NAME.exec(id.slice(1))?.[1]
      if (!id.startsWith('\0') || !language) return
      for (const file of filesOf(language)) this.addWatchFile(file)
      return `export default ${JSON.stringify(compile(messagesOf(language)))}`
    },
  }
}

function filesOf(language: string): string[] {
  const folder = join(FOLDER, language)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name))
}
