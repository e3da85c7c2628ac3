// @ts-check
/**
 * `npm run test:bundles -- [20 22 24]`: tests that a tool with a daemon still works when it is bundled. Bundles the tool
 * of `scripts/bundle-tool` with the packed library in every form (two bundlers, two formats, one file or two), each into
 * an empty directory that has only the native lock library beside it. Then runs the tool's commands on each Node version,
 * and once more without the lock library. Prints a table, and fails if a cell does. Takes minutes.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as esbuild } from 'esbuild'
import { rolldown } from 'rolldown'
import { installNode } from './install-node.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const EXTERNAL = 'fs-native-extensions'

/** No other test uses these ports. */
const PORTS = '28930-28940'

const COMMAND_MS = 60_000

/** The entry modules of a tool with one file and of one with two, the command first. */
const ENTRIES = { 1: ['one-file'], 2: ['cli', 'daemon'] }

const given = process.argv.slice(2)
const versions = given.length > 0 ? given : ['20', '22', '24']
const home = mkdtempSync(join(tmpdir(), 'familiar-bundles-'))
chmodSync(home, 0o755)

/** @typedef {{ bundler: string, format: 'esm' | 'cjs', files: 1 | 2, directory: string, main: string }} Bundle */

try {
  const project = installPacked()
  const bundles = await bundleAll(project)
  const nodes = versions.map((version) => ({ version, node: join(installNode(version, home), 'node') }))
  const rows = nodes.flatMap(({ version, node }) => bundles.map((bundle) => rowOf(version, node, bundle)))
  print(rows)
  if (rows.some(({ failures }) => failures.length > 0)) process.exitCode = 1
} finally {
  rmSync(home, { recursive: true, force: true })
}

/** Returns the directory of a project that contains the sources of the tool and the packed library. */
function installPacked() {
  const project = join(home, 'project')
  const library = join(project, 'node_modules', 'familiar')
  mkdirSync(library, { recursive: true })
  const pack = ['pack', '--silent', '--pack-destination', home]
  execFileSync('npm', pack, { cwd: join(ROOT, 'packages/familiar') })
  const tarball = readdirSync(home).find((name) => name.endsWith('.tgz')) ?? ''
  execFileSync('tar', ['-xzf', join(home, tarball), '-C', library, '--strip-components=1'])
  cpSync(join(ROOT, 'scripts/bundle-tool'), join(project, 'source'), { recursive: true })
  installLocks(project)
  return project
}

/**
 * Copies the native lock library and its dependencies into the `node_modules` of a directory.
 *
 * @param {string} directory
 */
function installLocks(directory) {
  const names = new Set([EXTERNAL])
  const require = createRequire(import.meta.url)
  for (const name of names) {
    const from = join(ROOT, 'node_modules', name)
    cpSync(from, join(directory, 'node_modules', name), { recursive: true })
    const { dependencies = {} } = require(join(from, 'package.json'))
    for (const dependency of Object.keys(dependencies)) names.add(dependency)
  }
}

/** @param {string} project */
async function bundleAll(project) {
  /** @type {Bundle[]} */
  const bundles = []
  for (const bundler of ['esbuild', 'rolldown'])
    for (const format of /** @type {const} */ (['esm', 'cjs']))
      for (const files of /** @type {const} */ ([2, 1])) {
        const directory = join(home, `${bundler}-${format}-${files}`)
        const extension = format === 'esm' ? '.mjs' : '.cjs'
        const [main = ''] = ENTRIES[files]
        const write = bundler === 'esbuild' ? withEsbuild : withRolldown
        for (const entry of ENTRIES[files])
          await write(join(project, 'source', `${entry}.mjs`), join(directory, entry + extension), format)
        bundles.push({ bundler, format, files, directory, main: join(directory, main + extension) })
      }
  return bundles
}

/**
 * A warning about the library counts as a failure, because every author who bundles it would see the warning.
 *
 * @param {string} input
 * @param {string} outfile
 * @param {'esm' | 'cjs'} format
 */
async function withEsbuild(input, outfile, format) {
  const { warnings } = await esbuild({
    entryPoints: [input],
    outfile,
    format,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: [EXTERNAL],
    logLevel: 'silent',
  })
  if (warnings.length > 0) throw new Error(`esbuild warns: ${JSON.stringify(warnings)}`)
}

/**
 * @param {string} input
 * @param {string} file
 * @param {'esm' | 'cjs'} format
 */
async function withRolldown(input, file, format) {
  /** @type {string[]} */
  const warnings = []
  const bundle = await rolldown({
    input,
    platform: 'node',
    external: [EXTERNAL],
    onLog: (level, { message }) => void (level === 'warn' && warnings.push(message)),
  })
  await bundle.write({ file, format, codeSplitting: false })
  await bundle.close()
  if (warnings.length > 0) throw new Error(`rolldown warns: ${warnings.join('; ')}`)
}

/**
 * Runs a bundle on a Node version, first without and then with the lock library.
 *
 * @param {string} version
 * @param {string} node
 * @param {Bundle} bundle
 */
function rowOf(version, node, bundle) {
  const modules = join(bundle.directory, 'node_modules')
  rmSync(modules, { recursive: true, force: true })
  const bare = failuresOf(() => runWithoutLocks(node, bundle))
  installLocks(bundle.directory)
  const whole = failuresOf(() => runCommands(node, bundle))
  return { version, ...bundle, failures: [...bare, ...whole, ...leftBehind(bundle)] }
}

/**
 * @param {() => void} run
 * @returns {readonly string[]}
 */
function failuresOf(run) {
  try {
    run()
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

/**
 * @param {string} node
 * @param {Bundle} bundle
 */
function runCommands(node, bundle) {
  const [own, other] = [scopeOf(bundle, 'own'), scopeOf(bundle, 'other')]
  const tool = toolOf(node, bundle)
  const text = join(own, 'text.txt')
  execFileSync('sh', ['-c', 'printf "some text" > "$1"', 'sh', text])
  const started = tool(own, 'render', text)
  try {
    expectLike(started, { text: 'SOME TEXT', started: 'first_start' })
    expectLike(tool(own, 'render', text), { text: 'SOME TEXT', started: null, pid: started.pid })
    expectLike(tool(own, 'status'), { state: 'running', pid: started.pid })
    const second = tool(other, 'render', text)
    expectLike(second, { started: 'first_start' })
    const seen = tool(own, 'doctor')
    const foreign = seen.find((/** @type {{ pid: number }} */ { pid }) => pid === second.pid)
    if (seen.length !== 2) throw new Error(`doctor saw ${JSON.stringify(seen)}`)
    expectLike(foreign, { scope: other, isLate: false })
    expectLike(foreign.holder, { pid: second.pid })
  } finally {
    const stopped = [tool(own, 'stop'), tool(other, 'stop')]
    for (const one of stopped) expectLike(one, { outcome: 'stopped' })
  }
  expectLike(tool(own, 'status'), { state: 'stopped' })
}

/**
 * Checks that without the lock library, a command that only reads works, and one that starts a daemon says what is
 * missing.
 *
 * @param {string} node
 * @param {Bundle} bundle
 */
function runWithoutLocks(node, bundle) {
  const scope = scopeOf(bundle, 'bare')
  const tool = toolOf(node, bundle)
  expectLike(tool(scope, 'status'), { state: 'none' })
  const { code, message } = tool(scope, 'render', bundle.main)
  if (code !== 'E_LOCK_UNAVAILABLE' || !message.includes(`not there for ${bundle.main}: Cannot find module`))
    throw new Error(`without the lock library: ${code} ${message}`)
}

/**
 * @param {Bundle} bundle
 * @param {string} name
 */
function scopeOf({ directory }, name) {
  const scope = join(directory, 'scopes', name)
  rmSync(scope, { recursive: true, force: true })
  mkdirSync(scope, { recursive: true })
  return scope
}

/**
 * @param {string} node
 * @param {Bundle} bundle
 * @returns {(scope: string, ...args: string[]) => any}
 */
function toolOf(node, { files, main }) {
  return (scope, ...args) => {
    const { stdout, stderr } = spawnSync(node, [main, ...args], {
      cwd: '/',
      encoding: 'utf8',
      timeout: COMMAND_MS,
      env: { BUNDLE_TOOL_PORTS: PORTS, BUNDLE_TOOL_SCOPE: scope, BUNDLE_TOOL_FILES: String(files) },
    })
    if (stderr !== '' || stdout === '') throw new Error(`${args.join(' ')}: ${stderr || 'no output'}`)
    return JSON.parse(stdout)
  }
}

/**
 * @param {Record<string, unknown>} found
 * @param {Record<string, unknown>} wanted
 */
function expectLike(found, wanted) {
  for (const [key, value] of Object.entries(wanted))
    if (found?.[key] !== value) throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`)
}

/**
 * Returns the processes whose command line names the bundle. (A daemon has ended when `stop` has returned.)
 *
 * @param {Bundle} bundle
 */
function leftBehind({ directory }) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => {
    const line = commandLineOf(pid)
    return line.includes(directory) ? [`left behind: ${pid} ${line}`] : []
  })
}

/**
 * Returns an empty text if the process has ended meanwhile.
 *
 * @param {string} pid
 */
function commandLineOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** @param {readonly (Bundle & { version: string, failures: readonly string[] })[]} rows */
function print(rows) {
  console.log('| Node | bundler  | format | files | result |\n| ---- | -------- | ------ | ----- | ------ |')
  for (const { version, bundler, format, files, failures } of rows) {
    const result = failures.length === 0 ? 'works ' : failures.join('; ')
    console.log(
      `| ${version.padEnd(4)} | ${bundler.padEnd(8)} | ${format.padEnd(6)} | ${files}     | ${result} |`,
    )
  }
  const sizes = new Set(
    rows.map(({ bundler, format, files, main }) => `${bundler} ${format} ${files}: ${statKiB(main)}`),
  )
  console.log(`\nKiB of the command's file: ${[...sizes].join(', ')}`)
}

/** @param {string} file */
function statKiB(file) {
  return Math.round(readFileSync(file).length / 1024)
}
