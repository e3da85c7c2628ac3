// @ts-check
/**
 * Builds the dashboard's page into `packages/spec-kitty/dist/dashboard/page`: a script, the scripts of views that are
 * loaded when they are first opened, a style sheet, the files they need, and the licences of the bundled packages.
 * Everything that the page uses is there; it fetches nothing from other servers.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { licencesOf } from './licences.mjs'

const tool = fileURLToPath(new URL('../packages/spec-kitty/', import.meta.url))
const source = join(tool, 'src/dashboard/ui')
const target = join(tool, 'dist/dashboard/page')

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
copyFileSync(join(source, 'icon.svg'), join(target, 'icon.svg'))
writeFileSync(join(target, 'page.css'), joinStyles())
writeFileSync(join(target, 'THIRD-PARTY.txt'), licencesOf('The dashboard page', await bundleScript()))
writePage()
compress()

/** Writes the page with its build id, which tells it whether the dashboard serves a newer one. */
function writePage() {
  const hash = createHash('sha256')
  const parts = readdirSync(target).filter((file) => /\.(?:css|js)$/.test(file))
  for (const file of parts.toSorted()) hash.update(readFileSync(join(target, file)))
  const page = readFileSync(join(source, 'index.html'), 'utf8')
  writeFileSync(join(target, 'index.html'), page.replace('PAGE_BUILD', hash.digest('hex').slice(0, 16)))
}

/** Writes the compressed form of each file beside it, so that the dashboard need not compress it for every page. */
function compress() {
  for (const name of readdirSync(target)) {
    const whole = readFileSync(join(target, name))
    writeFileSync(join(target, `${name}.gz`), gzipSync(whole, { level: 9 }))
  }
}

/** Joins the files in `styles` in the order of their numbers, because order matters in CSS, without comments and indents. */
function joinStyles() {
  const directory = join(source, 'styles')
  const files = readdirSync(directory).toSorted()
  const styles = files.map((file) => readFileSync(join(directory, file), 'utf8')).join('\n')
  return styles.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/\s*\n\s*/g, '\n')
}

/** Writes the scripts, and returns the files that they contain. */
async function bundleScript() {
  const bundle = await rolldown({
    input: join(source, 'main.tsx'),
    tsconfig: join(source, 'tsconfig.json'),
    platform: 'browser',
    // Otherwise code that the script shares with a view would become a third script, and the first page would wait for
    // it.
    preserveEntrySignatures: 'allow-extension',
    resolve: { extensionAlias: { '.js': ['.ts', '.tsx', '.js'] } },
  })
  const { output } = await bundle.write({
    dir: target,
    entryFileNames: 'page.js',
    chunkFileNames: 'page-[name]-[hash].js',
    format: 'esm',
    minify: true,
    comments: { legal: false },
  })
  await bundle.close()
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
}
