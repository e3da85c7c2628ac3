import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { build, type Plugin } from 'esbuild'
import type { Effects } from './effects.js'

/** A bug that is put into the text of one shipped module. The build fails unless the text is found exactly once. */
export interface Edit {
  /** The file, relative to `packages/familiar/dist`. */
  readonly file: string
  readonly from: string
  readonly to: string
}

/** The directory of the shipped modules. */
export const DIST = fileURLToPath(new URL('../../../packages/familiar/dist/', import.meta.url))
const SHIMS = fileURLToPath(new URL('./shims.js', import.meta.url))

/** The modules of the library that have effects and are therefore replaced. All others are the shipped ones. */
const REPLACED: ReadonlySet<string> = new Set([
  'act/clean-up.js',
  'act/inherited-descriptors.js',
  'act/lock-file.js',
  'act/try-lock.js',
  'act/load-lock-library.js',
  'act/open-log-file.js',
  'act/own-place.js',
  'act/quarantine.js',
  'act/record-file.js',
  'act/safe-file.js',
  'act/assert-own-scope.js',
  'act/assert-can-write.js',
  'act/assert-scope-there.js',
  'client/watch-pauses.js',
  'daemon/bind-port.js',
  'daemon/http-server.js',
  'daemon/log.js',
  'daemon/watch-scope.js',
  'daemon/watch-siblings.js',
  'observe/handshake.js',
  'observe/http.js',
  'observe/peek.js',
  'observe/read-records.js',
  'observe/scan.js',
  'observe/small-file.js',
  'protocol/startup-pipe.js',
])

const NODE: ReadonlySet<string> = new Set(['node:child_process', 'node:crypto', 'node:fs'])

/** The modules that wait for a child process. */
const STARTS: ReadonlySet<string> = new Set(['client/start-daemon.js', 'client/start-failure.js'])

/** The modules of Node that only compute. Every other module is replaced by an empty object, so that no effect goes unnoticed. */
const HARMLESS: ReadonlySet<string> = new Set(['node:path', 'node:events', 'node:util', 'node:url'])

/** Returns a module with the exports of the real one. An export that the shims lack is undefined. */
async function shimOf(real: readonly string[]): Promise<string> {
  const shims = Object.keys((await import(SHIMS)) as object)
  const absent = real.filter((name) => !shims.includes(name) && name !== 'default')
  return [
    `export * from ${JSON.stringify(SHIMS)}`,
    ...absent.map((name) => `export const ${name} = undefined`),
  ].join('\n')
}

/** Returns the names that a module of the library or of Node exports. */
export async function exportsOf(module: string): Promise<readonly string[]> {
  const name = module.startsWith('node:') ? module : DIST + module
  return Object.keys((await import(name)) as object)
}

function plugin(edits: readonly Edit[]): Plugin {
  return {
    name: 'protocol',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, importer }) => {
        const module = importer.slice(DIST.length)
        if (path === 'node:timers/promises') return { path: module, namespace: 'sleep' }
        if (path === 'node:events' && STARTS.has(module)) return { path, namespace: 'events' }
        if (NODE.has(path)) return { path, namespace: 'shim' }
        return { path, external: true }
      })
      onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir }) => {
        if (importer === SHIMS || !importer.startsWith(DIST)) return undefined
        const module = new URL(path, `file://${resolveDir}/`).pathname.slice(DIST.length)
        return REPLACED.has(module) ? { path: module, namespace: 'shim' } : undefined
      })
      onLoad({ filter: /./, namespace: 'shim' }, async ({ path }) => ({
        contents: await shimOf(await exportsOf(path)),
        resolveDir: dirname(SHIMS),
      }))
      onLoad({ filter: /./, namespace: 'sleep' }, ({ path }) => ({
        contents: `import { sleepIn } from ${JSON.stringify(SHIMS)}\nexport const setTimeout = sleepIn(${JSON.stringify(path)})\nexport const setImmediate = async () => undefined`,
        resolveDir: dirname(SHIMS),
      }))
      onLoad({ filter: /./, namespace: 'events' }, () => ({
        contents: `export { once } from ${JSON.stringify(SHIMS)}`,
        resolveDir: dirname(SHIMS),
      }))
      onLoad({ filter: /\.js$/, namespace: 'file' }, ({ path }) => {
        if (!path.startsWith(DIST)) return undefined
        const wanted = edits.filter(({ file }) => path === DIST + file)
        return { contents: wanted.reduce(edited, readFileSync(path, 'utf8')), loader: 'js' }
      })
    },
  }
}

function edited(text: string, { file, from, to }: Edit): string {
  if (text.split(from).length !== 2) throw new Error(`${file} does not contain exactly once: ${from}`)
  return text.replace(from, () => to)
}

const ENTRY = `
export { connect } from ${JSON.stringify(`${DIST}client/connect.js`)}
export { serve } from ${JSON.stringify(`${DIST}daemon/serve.js`)}
export { family, platform, SCOPE, versionText } from ${JSON.stringify(SHIMS)}
`

/** The code that an actor runs: the shipped `connect` and `serve`, with the effects of that actor. */
export interface Program {
  readonly connect: (request: unknown) => Promise<{ readonly record: { readonly pid: number } }>
  readonly serve: (options: unknown) => Promise<void>
  readonly platform: unknown
  readonly family: unknown
  readonly SCOPE: string
  readonly versionText: (version: number) => string
}

export type Load = (effects: Effects) => Program

const PARAMETERS = [
  'effects',
  'require',
  'process',
  'performance',
  'setTimeout',
  'setInterval',
  'AbortSignal',
]

/** Throws if a module was renamed, because it would not be replaced, and its effects would be real. */
export function assertThere(modules: Iterable<string>): void {
  for (const module of modules)
    if (!existsSync(DIST + module)) throw new Error(`there is no ${module} any more`)
}

/** Bundles the shipped code with these bugs, and returns a function that creates a separate instance of it for each actor. */
export async function bundleProgram(edits: readonly Edit[] = []): Promise<Load> {
  assertThere([...REPLACED, ...STARTS])
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: DIST, sourcefile: basename(SHIMS) },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'program',
    platform: 'node',
    logLevel: 'silent',
    treeShaking: true,
    plugins: [plugin(edits)],
  })
  const text = outputFiles[0]?.text ?? ''
  const script = new Script(`(function (${PARAMETERS.join()}) {${text}\nreturn program})`)
  const make = script.runInThisContext() as (...given: readonly unknown[]) => Program
  return (effects) => make(...surroundings(effects))
}

/**
 * Returns the values of `PARAMETERS`, in their order. No timer fires, because an actor's time passes only where it sleeps
 * or times out.
 */
function surroundings(effects: Effects): readonly unknown[] {
  const { clock, self, events } = effects
  const require = createRequire(import.meta.url)
  const process = {
    pid: self.pid,
    ppid: 1,
    execPath: 'node',
    platform: 'linux',
    env: {},
    uptime: () => clock.now / 1000,
    hrtime: () => [Math.floor(clock.now / 1000), (clock.now % 1000) * 1e6],
    geteuid: () => 1000,
    chdir: () => undefined,
    on: (signal: string, act: () => unknown) => events.set(signal, act),
    kill: (pid: number, signal: string) => {
      if (effects.sync('kill', pid, signal) === 'gone')
        throw Object.assign(new Error('gone'), { code: 'ESRCH' })
    },
    getBuiltinModule: () => ({}),
  }
  const noTimer = { unref: () => noTimer }
  return [
    effects,
    (name: string): unknown => (HARMLESS.has(name) ? require(name) : {}),
    process,
    { now: () => clock.now },
    () => noTimer,
    (tick: () => unknown) => events.set('tick', tick),
    { timeout: () => new AbortController().signal },
  ]
}
