// @ts-check
/**
 * Bundles the command and its daemons into `packages/spec-kitty/command`, and writes its page of the manual, with a chunk for each part that is loaded on
 * demand. Node loads one CommonJS file and the chunk that a command needs in a fraction of the time that the same modules
 * take one by one (docs/decisions/0006-bundle.md). Tests use, and people read, the modules in `dist`.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { buildTime } from './build-time.mjs'
import { assertNoCircle, quickChunk } from './quick-chunk.mjs'
import { bundleDaemon } from './build-daemon.mjs'
import { licencesOf } from './licences.mjs'
import { manualPage } from './manual.mjs'
import { readyTexts } from './texts.mjs'

/** The modules of one chunk: what nearly every command needs, and what `sync status` needs. */
const CORE = [
  /(?:familiar\/dist\/(?:errors|define\/(?:environment|home)|cli\/(?:io|printable|exit-codes|usage|failure|json|process-io|prompt|watch-reader|arguments|output|grammar))|spec-kitty\/dist\/(?:version|cli\/(?:table|route)))\.js$/,
  /familiar\/dist\/cli\/(?:parse|nearest)\.js$/,
  /familiar\/dist\/(?:json|runtime|identity\/.*|protocol\/(?:record|lock-holder|self-report|crypto)|classify\/(?:tables|rules|tri)|observe\/(?:peek|records)|observe\/platform\/(?:select|native-locks|linux|linux-locks|host-id|parse-proc))\.js$/,
  /familiar\/dist\/(?:load-beside|define\/scanning|protocol\/challenge|classify\/(?:record-facts|state-without)|observe\/(?:http|health|handshake|verify|read-state))\.js$/,
  /(?:familiar\/dist\/(?:define\/(?:daemon|hints)|doctor\/state|cli\/(?:run|lines|describe))|spec-kitty\/dist\/(?:installation|cli\/runtime-root|sync\/(?:config|start-policy)|daemons\/(?!list-homes).*))\.js$/,
  /(?:familiar\/dist\/cli\/status|spec-kitty\/dist\/(?:commands\/sync-status|sync\/status))\.js$/,
]

/** The modules of another: what a command needs besides that scans the machine, and `auth doctor`. */
const SCAN = [
  /familiar\/dist\/(?:classify\/.*|observe\/(?:scan|prove|observations|peek-text|scopes|scope-daemon|spared|state-from-scan))\.js$/,
  /(?:familiar\/dist\/(?:cli\/(?:doctor|table|tool|reason-text|render-doctor)|doctor\/(?!explain\/).*)|spec-kitty\/dist\/(?:commands\/auth-doctor|doctor\/(?!expla).*))\.js$/,
]

/** What is always needed together forms one chunk too: finding, reading and compiling one costs a third of a millisecond. */
const GROUPS = [
  {
    name: 'core',
    test: (/** @type {string} */ id) => CORE.some((part) => part.test(id)),
  },
  {
    name: 'scan',
    test: (/** @type {string} */ id) => SCAN.some((part) => part.test(id)),
  },
  {
    name: 'sync-start',
    test: /(?:familiar\/dist\/(?:cli\/(?:start|connect|notices|print-connection)|client\/(?:connect|recorded)|define\/(?:connecting|dispose))|spec-kitty\/dist\/commands\/sync-start)\.js$/,
  },
  {
    name: 'help',
    test: /(?:familiar\/dist\/cli\/(?:help|help-topic)|spec-kitty\/dist\/cli\/(?:help|topic-names))\.js$/,
  },
  {
    name: 'explain',
    test: /(?:familiar\/dist\/(?:cli\/explain|doctor\/explain\/.*)|spec-kitty\/dist\/doctor\/(?:explain-texts|explanations))\.js$/,
  },
  {
    name: 'logs',
    test: /(?:familiar\/dist\/cli\/(?:logs|log-\w+|since|tail)|spec-kitty\/dist\/commands\/(?:sync|dashboard)-logs)\.js$/,
  },
  {
    name: 'lock',
    test: /familiar\/dist\/(?:act\/(?:lock|lock-library|own-place|safe-file|scope-checks)|client\/out-of-reach|observe\/platform\/tried-lock)\.js$/,
  },
  {
    name: 'queue',
    test: /spec-kitty\/dist\/sync\/(?:queue\/(?!salvage).*|use-queue)\.js$/,
  },
  {
    name: 'publish',
    test: /spec-kitty\/dist\/(?:commands\/sync-publish|sync\/(?:publish|event|read-lines|ulid|tell-daemon))\.js$/,
  },
]

const packages = fileURLToPath(new URL('../packages/', import.meta.url))
const target = join(packages, 'spec-kitty/command')
/** The same build time for every chunk. */
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
  writeFileSync(join(target, 'texts', name), text)
mkdirSync(join(packages, 'spec-kitty/man'), { recursive: true })
writeFileSync(
  join(packages, 'spec-kitty/man/spec-kitty.1'),
  await manualPage({ version, date: time.slice(0, 10) }),
)

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
    // The modules, not the chunks of `build-library.mjs`: the command has chunks of its own.
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
    // The library loads its commands on demand, and this tool imports them.
    checks: { ineffectiveDynamicImport: false },
  })
  const { output } = await bundle.write({
    dir: target,
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    comments: false,
    // `import()` would load the loader of ES modules, a dozen modules of Node, for a package that can be required.
    dynamicImportInCjs: false,
    codeSplitting: { groups: GROUPS.map((group, index) => ({ ...group, priority: GROUPS.length - index })) },
  })
  await bundle.close()
  const chunks = output.filter((one) => one.type === 'chunk')
  assertNoCircle(chunks)
  for (const { fileName, code } of chunks) writeFileSync(join(target, fileName), quickChunk(code))
  return chunks.flatMap(({ moduleIds }) => moduleIds).filter((file) => !file.startsWith(packages))
}
