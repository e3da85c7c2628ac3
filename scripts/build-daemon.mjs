// @ts-check
/**
 * Bundles the entry of the daemons into `packages/spec-kitty/command`, with chunks of its own. A start waits for this file:
 * from the chunks of the command it would load more than twice as much text, most of it about commands. What a daemon needs
 * until it serves is one file; what it needs later is loaded later.
 */
import { join } from 'node:path'
import { rolldown } from 'rolldown'

/** What a daemon needs until it serves. The queue, the pages of the dashboard and a scan are not part of it. */
const START =
  /(?:familiar\/dist\/(?:[^/]*|daemon\/(?!clean-siblings).*|define\/serving|identity\/(?!versions|proof).*|protocol\/.*|observe\/(?:peek|records|process-name|port-users)|observe\/platform\/(?:select|linux.*|parse-proc|quietly|host-id|native-locks|tried-lock)|act\/(?:lock.*|own-place|safe-file|scope-checks|places|inherited-descriptors|tokens|private-file|record-file|quarantine|request-shutdown|log-file)|classify\/(?:tri|record-facts))|spec-kitty\/dist\/(?:spec-kitty-daemon|sync\/daemon\/(?:service|load-dispatcher|drain-stream|owner|publish-route)|sync\/report))\.js$/

/** What it needs to look for stale daemons of its scope, a moment after it serves. */
const CLEAN =
  /familiar\/dist\/(?:daemon\/clean-siblings|act\/.*|classify\/.*|identity\/.*|observe\/[^/]*)\.js$/

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
    treeshake: { moduleSideEffects: (id) => id.endsWith('daemon.js') },
    optimization: { inlineConst: false },
    checks: { ineffectiveDynamicImport: false },
  })
  const { output } = await bundle.write({
    dir: target,
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: 'daemon-[name]-[hash].js',
    comments: false,
    // `import()` would load the loader of ES modules, a dozen modules of Node, for a package that can be required.
    dynamicImportInCjs: false,
    codeSplitting: {
      groups: [
        { name: 'start', test: START, priority: 1 },
        { name: 'clean', test: CLEAN },
      ],
    },
  })
  await bundle.close()
  return output
    .flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
    .filter((file) => !file.startsWith(packages))
}
