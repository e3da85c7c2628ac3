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
import { bundleDaemon } from './build-daemon.mjs'
import { licencesOf } from './licences.mjs'
import { manualPage } from './manual.mjs'

/**
 * Modules that are always needed together form one chunk: finding, reading and compiling a chunk costs a third of a
 * millisecond, and a command that scans the machine needed twenty. Modules that suffice if a daemon already runs are
 * separate from those that only a scan needs.
 */
const GROUPS = [
  {
    name: 'base',
    test: /(?:familiar\/dist\/(?:errors|define\/(?:environment|home)|cli\/(?:io|printable|exit-codes|usage|failure|json|process-io|prompt|reader|words|grammar|help))|spec-kitty\/dist\/(?:version|cli\/(?:table|route|help|topic-names)))\.js$/,
  },
  {
    name: 'words',
    test: /familiar\/dist\/cli\/(?:parse|nearest)\.js$/,
  },
  {
    name: 'scope',
    test: /familiar\/dist\/(?:json|runtime|identity\/.*|protocol\/(?:record|lock-holder|self-report|crypto)|classify\/(?:tables|rules|tri|elsewhere)|observe\/(?:peek|records)|observe\/platform\/(?:select|native-locks|linux|linux-locks|host-id|parse-proc))\.js$/,
  },
  {
    name: 'ask',
    test: /familiar\/dist\/(?:load-beside|define\/looking|protocol\/challenge|classify\/(?:derive|state-without)|observe\/(?:http|health|handshake|verify|read-state))\.js$/,
  },
  {
    name: 'tool',
    test: /(?:familiar\/dist\/(?:define\/daemon|doctor\/state|cli\/(?:run|lines|describe))|spec-kitty\/dist\/(?:installation|cli\/runtime-root|sync\/(?:config|start-policy)|daemons\/(?!list-homes).*))\.js$/,
  },
  {
    name: 'use',
    test: /familiar\/dist\/cli\/(?:start|stop|restart|connect|notices|print-\w+)\.js$/,
  },
  {
    name: 'status',
    test: /(?:familiar\/dist\/cli\/status|spec-kitty\/dist\/(?:commands\/sync-status|sync\/status))\.js$/,
  },
  {
    name: 'logs',
    test: /(?:familiar\/dist\/cli\/(?:logs|log-\w+|since|tail)|spec-kitty\/dist\/commands\/(?:sync|dashboard)-logs)\.js$/,
  },
  {
    name: 'lock',
    test: /familiar\/dist\/(?:act\/(?:lock|lock-library|own-place|safe-file|scope-checks)|client\/beyond|observe\/platform\/tried-lock)\.js$/,
  },
  {
    name: 'queue',
    test: /spec-kitty\/dist\/sync\/(?:queue\/(?!salvage).*|use-queue)\.js$/,
  },
  {
    name: 'publish',
    test: /spec-kitty\/dist\/(?:commands\/sync-publish|sync\/(?:publish|event|read-lines|ulid|wake))\.js$/,
  },
  {
    name: 'scan',
    test: /familiar\/dist\/(?:classify\/.*|observe\/(?:scan|prove|observations|peek-text|scopes|scope-daemon|spared|state))\.js$/,
  },
  {
    name: 'explain',
    test: /(?:familiar\/dist\/(?:cli\/explain|doctor\/explain\/.*)|spec-kitty\/dist\/doctor\/(?:explain-texts|explanations))\.js$/,
  },
  {
    name: 'doctor',
    test: /(?:familiar\/dist\/(?:cli\/(?:doctor|table|tool|render-doctor)|doctor\/.*)|spec-kitty\/dist\/(?:commands\/auth-doctor|doctor\/.*))\.js$/,
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
    codeSplitting: { groups: GROUPS.map((group, index) => ({ ...group, priority: GROUPS.length - index })) },
  })
  await bundle.close()
  return output
    .flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
    .filter((file) => !file.startsWith(packages))
}
