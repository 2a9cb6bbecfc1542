import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip, gzipSync } from 'node:zlib'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { catalogues } from './catalogues.ts'

const STATIC = join(import.meta.dirname, '../causerie/static')
const SERVER = 'http://127.0.0.1:8000'
/** What stands between a visitor and the first page, compressed. */
const ENTRY_LIMIT_KIB = 190

/** Write `.br` and `.gz` beside every asset, so that the server never compresses. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle() {
      const folder = join(STATIC, 'assets')
      for (const name of await readdir(folder)) {
        if (!/\.(js|css|svg)$/.test(name)) continue
        const content = await readFile(join(folder, name))
        await writeFile(join(folder, `${name}.br`), await promisify(brotliCompress)(content))
        await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(content, { level: 9 }))
      }
    },
  }
}

/** Refuse a build whose entry, with all that it imports, is too large. */
function budget(): Plugin {
  return {
    name: 'budget',
    apply: 'build',
    generateBundle(_, bundle) {
      const chunk = (name: string) => (bundle[name]?.type === 'chunk' ? bundle[name] : undefined)
      const needed = new Set(Object.keys(bundle).filter((name) => chunk(name)?.isEntry))
      for (const name of needed) for (const imported of chunk(name)?.imports ?? []) needed.add(imported)
      const size = [...needed].reduce((sum, name) => sum + gzipSync(chunk(name)?.code ?? '').length, 0) / 1024
      if (size > ENTRY_LIMIT_KIB)
        this.error(`The entry has ${size.toFixed(0)} KiB compressed, at most ${ENTRY_LIMIT_KIB} are allowed.`)
    },
  }
}

export default defineConfig({
  base: './',
  plugins: [catalogues(), react(), tailwindcss(), budget(), compressed()],
  build: { outDir: STATIC, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0 },
  experimental: {
    // index.html answers at every depth (/c/:id), so its own links start at the root; scripts and styles find each other.
    renderBuiltUrl: (filename, { hostType }) => (hostType === 'html' ? `/${filename}` : { relative: true }),
  },
  server: { proxy: { '/api': SERVER, '/ws': { target: SERVER, ws: true } } },
  test: { environment: 'jsdom', setupFiles: 'test/setup.ts', include: ['src/**/*.test.{ts,tsx}'] },
})
