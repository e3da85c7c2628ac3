import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { assertThere, DIST, exportsOf } from './bundle.js'

const GATES = fileURLToPath(new URL('./gates.js', import.meta.url))
/** The files that contain the gates; `GATES` exports all of them. */
const GATE_FILES = ['./gates.js', './gates-machine.js'].map((name) => new URL(name, import.meta.url))
const GATED_MAIN = fileURLToPath(new URL('./gated-main.js', import.meta.url))

/** The modules that get a gate, and the modules of Node that one of them imports. */
const GATED: ReadonlySet<string> = new Set([
  'act/lock-file.js',
  'act/try-lock.js',
  'act/record-file.js',
  'act/safe-file.js',
  'daemon/bind-port.js',
  'daemon/http-server.js',
  'daemon/watch-siblings.js',
  'observe/handshake.js',
  'observe/http.js',
  'observe/read-records.js',
  'observe/scan.js',
  'protocol/startup-pipe.js',
])
const GATED_NODE: Readonly<Record<string, readonly string[]>> = {
  'node:fs': ['act/acquire-lock.js', 'client/await-holder.js', 'daemon/record-keeper.js'],
  'node:child_process': ['client/start-daemon.js', 'client/assert-can-start.js'],
  'node:events': ['client/start-daemon.js', 'client/start-failure.js'],
}

/** The modules that poll. */
const PAUSES: ReadonlySet<string> = new Set([
  'act/acquire-lock.js',
  'act/poll-until.js',
  'client/await-holder.js',
])

const gatePlugin: Plugin = {
  name: 'gates',
  setup({ onResolve, onLoad }) {
    const isShipped = (importer: string): boolean => importer.startsWith(DIST)
    onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      const module = importer.slice(DIST.length)
      const isPause = path === 'node:timers/promises' && PAUSES.has(module)
      if (isPause) return { path: module, namespace: 'sleep' }
      return GATED_NODE[path]?.includes(module) === true
        ? { path, namespace: 'gate' }
        : { path, external: true }
    })
    onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir }) => {
      if (!isShipped(importer)) return undefined
      const module = new URL(path, `file://${resolveDir}/`).pathname.slice(DIST.length)
      return GATED.has(module) ? { path: module, namespace: 'gate' } : undefined
    })
    onLoad({ filter: /./, namespace: 'gate' }, async ({ path }) => {
      const from = path.startsWith('node:') ? path : DIST + path
      const gates = /^export (?:async )?(?:function|const) (\w+)/gm
      const text = GATE_FILES.map((file) => readFileSync(file, 'utf8')).join('\n')
      const names = new Set([...text.matchAll(gates)].map(([, name = '']) => name))
      const own = (await exportsOf(path)).filter((name) => names.has(name))
      const rest = `export * from ${JSON.stringify(from)}`
      return {
        contents: `${rest}\nexport { ${own.join()} } from ${JSON.stringify(GATES)}`,
        resolveDir: dirname(GATES),
      }
    })
    onLoad({ filter: /./, namespace: 'sleep' }, ({ path }) => ({
      contents: `export * from 'node:timers/promises'\nimport { sleepIn } from ${JSON.stringify(GATES)}\nexport const setTimeout = () => sleepIn(${JSON.stringify(path)})()`,
      resolveDir: dirname(GATES),
    }))
    onLoad({ filter: /\.js$/, namespace: 'file' }, ({ path }) =>
      path.startsWith(DIST) ? { contents: onGates(readFileSync(path, 'utf8')), loader: 'js' } : undefined,
    )
  },
}

/** Replaces by gates the things that the code uses without importing them: the clock, and the signals of a process. */
function onGates(text: string): string {
  const changed = text
    .replaceAll('process.hrtime()', 'gateOf.hrtime()')
    .replaceAll('process.uptime()', 'gateOf.uptime()')
    .replaceAll('process.kill(', 'gateOf.kill(')
    .replaceAll('process.on(signal,', 'gateOf.onSignal(signal,')
  return changed === text ? text : `import * as gateOf from ${JSON.stringify(GATES)}\n${changed}`
}

/** Bundles the shipped code, with gates before its effects, into one file that runs as a real client or daemon. */
export async function bundleGated(file: string): Promise<void> {
  assertThere([...GATED, ...PAUSES, ...Object.values(GATED_NODE).flat()])
  await build({
    entryPoints: [GATED_MAIN],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    external: ['fs-native-extensions'],
    minifyWhitespace: true,
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    plugins: [gatePlugin],
  })
}
