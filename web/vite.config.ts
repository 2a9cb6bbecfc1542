import { createHash } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip, gzipSync } from 'node:zlib'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { type Plugin, type Rolldown, transformWithOxc } from 'vite'
import { defineConfig } from 'vitest/config'
import { catalogues } from './catalogues.ts'

const STATIC = join(import.meta.dirname, '../causerie/static')
/** The table of `&amp;` and its like: browsers are meant to get a module that asks `innerHTML`, which the page's policy forbids. */
const CHARACTERS = join(import.meta.dirname, 'node_modules/decode-named-character-reference/index.js')
const SERVER = 'http://127.0.0.1:8000'
const KIB = 1024
/** What a visitor waits for, compressed, and what the wheel carries. */
const BUDGETS_KIB = {
  'to the first page': 190,
  'to the first chat': 240,
  'all scripts': 420,
  'all styles': 20,
  'the whole folder': 3 * KIB,
}
/** Modules that are loaded on the way to the first chat. */
const CHAT = /features\/chat\/chat-page\.tsx$|shared\/markdown\/markdown\.tsx$/

/** What is loaded together is one file: a request of its own for each of a hundred small ones took longer than all their bytes. */
const FILES: Rolldown.CodeSplittingGroup[] = [
  // All that the first page needs; what others have written changes less often.
  { name: 'vendor', tags: ['$initial'], test: /node_modules/, priority: 3 },
  { name: 'first', tags: ['$initial'], test: /\/src\//, priority: 2 },
  { name: 'icons', test: /node_modules\/lucide-react/, priority: 1 },
  { name: 'virtual', test: /node_modules\/@tanstack\/[a-z-]*virtual/, priority: 1 },
  // Each with what it imports and the files above do not hold.
  { name: 'markdown', test: /shared\/markdown\/markdown\.tsx$/ },
  { name: 'chat', test: /features\/chat\/chat-page\.tsx$/ },
]

/** Write `.br` and `.gz` beside every asset, so that the server never compresses. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir = STATIC }) {
      const folder = join(dir, 'assets')
      for (const name of await readdir(folder)) {
        if (!/\.(js|css|svg)$/.test(name)) continue
        const content = await readFile(join(folder, name))
        await writeFile(join(folder, `${name}.br`), await promisify(brotliCompress)(content))
        await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(content, { level: 9 }))
      }
    },
  }
}

/** Write `sw.js` beside the page; it is told of which hashed files this build consists. */
function serviceWorker(): Plugin {
  const file = join(import.meta.dirname, 'src/sw/sw.ts')
  return {
    name: 'service-worker',
    apply: 'build',
    generateBundle: {
      order: 'post',
      async handler(_, bundle) {
        const { code } = await transformWithOxc(await readFile(file, 'utf8'), file)
        const assets = JSON.stringify(Object.keys(bundle).filter((name) => name.startsWith('assets/')))
        const build = createHash('sha256').update(assets).digest('hex').slice(0, 16)
        const source = `const BUILD = '${build}'\nconst ASSETS = ${assets}\n${code}`
        this.emitFile({ type: 'asset', fileName: 'sw.js', source })
      },
    },
  }
}

/** Print what the build weighs beside what it may weigh, and refuse one that is too heavy. */
function budget(): Plugin {
  return {
    name: 'budget',
    apply: 'build',
    writeBundle: {
      order: 'post',
      sequential: true,
      async handler({ dir = STATIC }, bundle) {
        const outputs = Object.values(bundle)
        const chunks = outputs.filter((output) => output.type === 'chunk')
        const entry = chunks.filter(({ isEntry }) => isEntry)
        const chat = chunks.filter(({ moduleIds }) => moduleIds.some((id) => CHAT.test(id)))
        const files = await readdir(dir, { recursive: true, withFileTypes: true })
        const sizes = files.filter((file) => file.isFile()).map((file) => stat(join(file.parentPath, file.name)))
        const bytes: Record<keyof typeof BUDGETS_KIB, number> = {
          'to the first page': compressedBytes(neededBy(entry, bundle)),
          'to the first chat': compressedBytes(neededBy([...entry, ...chat], bundle)),
          'all scripts': compressedBytes(chunks),
          'all styles': compressedBytes(outputs.filter(({ fileName }) => fileName.endsWith('.css'))),
          'the whole folder': (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0),
        }
        for (const [what, most] of Object.entries(BUDGETS_KIB)) {
          const size = (bytes[what as keyof typeof bytes] / KIB).toFixed(1)
          this.info(`${what}: ${size} of ${most} KiB`)
          if (Number(size) > most) this.error(`Too heavy: ${what} has ${size} KiB, at most ${most} are allowed.`)
        }
      },
    },
  }
}

/** `chunks` and all that they import before they run. */
function neededBy(chunks: Rolldown.OutputChunk[], bundle: Rolldown.OutputBundle): Rolldown.OutputChunk[] {
  const needed = new Set(chunks)
  for (const chunk of needed) {
    for (const name of chunk.imports) {
      const imported = bundle[name]
      if (imported?.type === 'chunk') needed.add(imported)
    }
  }
  return [...needed]
}

function compressedBytes(outputs: (Rolldown.OutputChunk | Rolldown.OutputAsset)[]): number {
  return outputs
    .map((output) => gzipSync(output.type === 'chunk' ? output.code : output.source).length)
    .reduce((sum, size) => sum + size, 0)
}

export default defineConfig({
  base: './',
  resolve: { alias: { 'decode-named-character-reference': CHARACTERS } },
  plugins: [catalogues(), react(), tailwindcss(), serviceWorker(), compressed(), budget()],
  build: {
    outDir: STATIC,
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    rolldownOptions: { output: { codeSplitting: { groups: FILES } } },
  },
  experimental: {
    // index.html answers at every depth (/c/:id), so its own links start at the root; scripts and styles find each other.
    renderBuiltUrl: (filename, { hostType }) => (hostType === 'html' ? `/${filename}` : { relative: true }),
  },
  server: { proxy: { '/api': SERVER, '/ws': { target: SERVER, ws: true } } },
  test: {
    environment: 'jsdom',
    testTimeout: 30_000, // no promise: a busy machine takes its time
    setupFiles: 'test/setup.ts',
    include: ['{src,gallery}/**/*.test.{ts,tsx}'],
  },
})
