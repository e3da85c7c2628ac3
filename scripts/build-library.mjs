// @ts-check
/**
 * Bundles the modules of the library into `packages/familiar/lib`, with a chunk for each part that is loaded on demand: this
 * is what `import 'familiar'` loads. Node takes half a millisecond or more to find, read and link a module, and a warm
 * command needs more than fifty. The types stay beside the modules, in `dist`.
 *
 * Who imports the package and a module of `dist` in one process has two copies of the library: one does not recognise the
 * daemons, errors and proofs of the other.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const library = fileURLToPath(new URL('../packages/familiar/', import.meta.url))

/** @param {string} names */
const modules = (names) => new RegExp(`[\\\\/]familiar[\\\\/]dist[\\\\/](?:${names})\\.js$`)

/**
 * `define` is what the import itself needs, `use` what a command needs if its daemon runs, `scan`, `act` and `cold` what it
 * needs besides if it has to look, to lock or end something, and to start a daemon. The commands and the daemon are split by what
 * needs it together. A module in the wrong group costs time, and breaks nothing. The first group that matches counts.
 */
const GROUPS = Object.entries({
  define:
    'index|errors|json|runtime|dispose|identity/.*|define/(?:daemon|resolve|scope-files|installation|home|environment|names|recognise|sandbox-file|shell-quote)|protocol/timing|classify/(?:tables|rules|tri)|daemon/timing|observe/peek',
  use: 'load-beside|define/(?:connecting|attempts)|client/(?:connect|recorded|request|fetch|fetch-errors|fetch-init|reply|send)|protocol/.*|classify/state-without|observe/(?:records|http|health|handshake|verify|read-state)|observe/platform/(?:select|linux|linux-locks|tried-lock|host-id|parse-proc|quietly|share-listeners|native-locks)',
  scan: 'classify/.*|observe/[^/]*',
  act: 'act/.*|client/out-of-reach',
  cold: 'client/.*',
  command:
    'cli/(?:index|run|lines|io|printable|exit-codes|usage|failure|json|process-io|status)|define/scanning|doctor/state',
  explain: 'doctor/explain/.*|cli/explain',
  doctor: 'doctor/.*|cli/(?:doctor|table|tool|render-doctor)',
})

rmSync(join(library, 'lib'), { recursive: true, force: true })
const bundle = await rolldown({
  input: Object.fromEntries(
    ['index', 'cli/index', 'internals', 'testing'].map((name) => [name, join(library, 'dist', `${name}.js`)]),
  ),
  platform: 'node',
  external: [/^node:/, 'fs-native-extensions'],
  treeshake: { moduleSideEffects: false },
  optimization: { inlineConst: false },
  checks: { ineffectiveDynamicImport: false },
})
await bundle.write({
  dir: join(library, 'lib'),
  format: 'esm',
  entryFileNames: '[name].js',
  // After an upgrade, a running process must not load a chunk of the new version: it fails instead.
  chunkFileNames: '[name]-[hash].js',
  comments: false,
  codeSplitting: {
    groups: GROUPS.map(([name, names], index) => ({
      name,
      test: modules(names),
      priority: GROUPS.length - index,
    })),
  },
})
await bundle.close()
