// @ts-check
/**
 * Bundles the modules of the library into `packages/familiar/lib`, with a chunk for each part that is loaded on demand.
 * `import 'familiar'` loads these files. Node takes half a millisecond or more to find, read and link a module, and a
 * warm command needs more than fifty. The types stay beside the modules, in `dist`. A process that imports both the
 * package and a module of `dist` has two copies of the library, and one copy does not recognise the daemons, errors and
 * proofs of the other.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { codeSplitting, LIBRARY_GROUPS } from './bundle-groups.mjs'

const library = fileURLToPath(new URL('../packages/familiar/', import.meta.url))

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
  plugins: [{ name: 'built-ins', renderChunk: (code) => withBuiltIns(code) }],
  // The hash in the name ensures that after an upgrade, a running process does not load a chunk of the new version, but
  // fails instead.
  chunkFileNames: '[name]-[hash].js',
  comments: false,
  codeSplitting: codeSplitting(LIBRARY_GROUPS, fileURLToPath(new URL('../packages/', import.meta.url))),
})
await bundle.close()

/**
 * Replaces a chunk's imports of Node's modules by other calls. An `import` would make Node call every getter of the
 * module, and `node:fs` has some that load all of its streams, which takes an eighth of Node's start time.
 *
 * @param {string} code
 */
function withBuiltIns(code) {
  return code.replaceAll(
    /^import \{ ([^}]*) \} from "(node:[\w/]+)";$/gm,
    (_, names, module) =>
      `const { ${names.replaceAll(' as ', ': ')} } = process.getBuiltinModule("${module}");`,
  )
}
