// @ts-check
/**
 * Bundles the command and its daemons into `packages/spec-kitty/command`, with a chunk for each part that is loaded on
 * demand, writes the command's manual page, and copies the schemas of its documents. Node loads one CommonJS file and the chunk that a command needs in a
 * fraction of the time that the same modules take one by one (docs/decisions/0006-bundle.md). The modules in `dist` are
 * for tests and for readers.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { buildTime } from './build-time.mjs'
import { assertNoCircle, quickChunk } from './quick-chunk.mjs'
import { entryOf } from './bundle-entry.mjs'
import { bundleDaemon } from './build-daemon.mjs'
import { codeSplitting, COMMAND_GROUPS } from './bundle-groups.mjs'
import { compileChunks } from './compile-chunks.mjs'
import { compileEarly } from './early-functions.mjs'
import { inlineRuntime } from './inline-runtime.mjs'
import { licencesOf } from './licences.mjs'
import { manualPage } from './manual.mjs'
import { readyTexts, wholeText } from './ready-texts.mjs'
import { wholeChunk } from './whole-chunk.mjs'

const packages = fileURLToPath(new URL('../packages/', import.meta.url))
const target = join(packages, 'spec-kitty/command')
/** The same build time is used for every chunk. */
const time = buildTime(process.env, Date.now())
/** @type {{ readonly version: string }} */
const { version } = JSON.parse(readFileSync(join(packages, 'spec-kitty/package.json'), 'utf8'))

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
writeFileSync(join(target, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`)
const define = { BUNDLE_BUILD_TIME: JSON.stringify(time) }
const bundled = [...(await bundleCommand()), ...(await bundleDaemon({ packages, target, define }))]
writeFileSync(join(target, 'THIRD-PARTY.txt'), licencesOf('The command', bundled))
mkdirSync(join(target, 'texts'))
for (const [name, text] of Object.entries(await readyTexts(version)))
  writeFileSync(join(target, 'texts', name), wholeText(text))
const bin = join(packages, 'spec-kitty/bin/spec-kitty.js')
compileEarly(bin, target)
await compileChunks(bin, target)
mkdirSync(join(packages, 'spec-kitty/man'), { recursive: true })
writeFileSync(
  join(packages, 'spec-kitty/man/spec-kitty.1'),
  await manualPage({ version, date: time.slice(0, 10) }),
)

const schemas = join(packages, 'spec-kitty/schemas')
rmSync(schemas, { recursive: true, force: true })
cpSync(join(packages, '../docs/schemas'), schemas, {
  recursive: true,
  // The page there names other pages of the repository.
  filter: (path) => !path.endsWith('.md'),
})

/**
 * Writes the bundle, and returns the bundled files of other packages. Entry names are fixed, because the entries find
 * each other by name.
 */
async function bundleCommand() {
  const bundle = await rolldown({
    input: {
      main: join(packages, 'spec-kitty/dist/main.js'),
    },
    platform: 'node',
    // Uses the modules, not the chunks of `build-library.mjs`, because the command has its own chunks.
    resolve: {
      alias: {
        'familiar/cli': join(packages, 'familiar/dist/cli/index.js'),
        familiar: join(packages, 'familiar/dist/index.js'),
      },
    },
    transform: { define },
    external: [/^node:/, 'fs-native-extensions', '@photostructure/sqlite'],
    treeshake: { moduleSideEffects: (id) => id.endsWith('/main.js') },
    optimization: { inlineConst: false },
    // Switched off, because the library loads its commands on demand, while this tool also imports them.
    checks: { ineffectiveDynamicImport: false },
  })
  const { output } = await bundle.generate({
    format: 'cjs',
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: '[name]-[hash].js',
    comments: false,
    // `import()` would load the loader of ES modules (a dozen modules of Node) even for a package that can be loaded with
    // `require`.
    dynamicImportInCjs: false,
    codeSplitting: codeSplitting(COMMAND_GROUPS, packages),
  })
  await bundle.close()
  const chunks = output.filter((one) => one.type === 'chunk')
  assertNoCircle(chunks)
  for (const { fileName, code } of inlineRuntime(chunks))
    writeFileSync(join(target, fileName), wholeChunk(quickChunk(code)))
  for (const { fileName, name } of chunks.filter(({ isEntry }) => isEntry))
    writeFileSync(join(target, `${name}.js`), entryOf(fileName))
  return chunks.flatMap(({ moduleIds }) => moduleIds).filter((file) => !file.startsWith(packages))
}
