// @ts-check
/**
 * Bundles the entry module of the daemons into `packages/spec-kitty/command`, with its own chunks. A start waits for this
 * file, and the command's chunks would contain more than twice as much text, most of it about commands. What a daemon
 * needs until it serves is in one file; the rest is loaded later.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { entryOf } from './bundle-entry.mjs'
import { codeSplitting, DAEMON_GROUPS } from './bundle-groups.mjs'
import { inlineRuntime } from './inline-runtime.mjs'
import { wholeChunk } from './whole-chunk.mjs'

/**
 * Writes the entry and its chunks. Returns the bundled files of other packages.
 *
 * @param {{ packages: string, target: string, define: Record<string, string> }} options
 */
export async function bundleDaemon({ packages, target, define }) {
  const bundle = await rolldown({
    input: { 'spec-kitty-daemon': join(packages, 'spec-kitty/dist/spec-kitty-daemon.js') },
    platform: 'node',
    resolve: {
      alias: {
        'familiar/cli': join(packages, 'familiar/dist/cli/index.js'),
        familiar: join(packages, 'familiar/dist/index.js'),
      },
    },
    transform: { define },
    external: [/^node:/, 'fs-native-extensions', '@photostructure/sqlite'],
    treeshake: { moduleSideEffects: (id) => id.endsWith('/spec-kitty-daemon.js') },
    optimization: { inlineConst: false },
    checks: { ineffectiveDynamicImport: false },
  })
  const { output } = await bundle.generate({
    format: 'cjs',
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: 'daemon-[name]-[hash].js',
    comments: false,
    // `import()` would load the loader of ES modules (a dozen modules of Node) even for a package that can be loaded with
    // `require`.
    dynamicImportInCjs: false,
    codeSplitting: codeSplitting(DAEMON_GROUPS, packages),
  })
  await bundle.close()
  const chunks = output.filter((one) => one.type === 'chunk')
  for (const { fileName, code } of inlineRuntime(chunks))
    writeFileSync(join(target, fileName), wholeChunk(code))
  for (const { fileName, name } of chunks.filter(({ isEntry }) => isEntry))
    writeFileSync(join(target, `${name}.js`), entryOf(fileName))
  return chunks.flatMap(({ moduleIds }) => moduleIds).filter((file) => !file.startsWith(packages))
}
