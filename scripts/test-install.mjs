// @ts-check
/**
 * `npm run test:install`: packs both packages, installs them with `npm install -g` into an empty prefix, and follows the
 * README there. Needs no registry, because this script serves the packages of node_modules as a small one. Prints how
 * long `--version`, `--help` and `sync status` take, compared with `node -e 0`.
 */
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { startServer } from '../bench/sync-place.mjs'
import { inPrivateNetwork } from './private-network.mjs'

const ROOT = resolve(import.meta.dirname, '..')

/** How often each command is timed. The commands alternate. */
const ROUNDS = 21

/** The commands that are timed, and what each should take as a multiple of `node -e 0`. */
const MEASURED = [
  { args: ['--version'], target: 1.1 },
  { args: ['--help'], target: 1.1 },
  { args: ['sync', 'status'], target: 1.6 },
]

/** Matches the example of the README that needs a server and a sign-in. A server of this script replaces them here. */
const SIGN_IN = /^spec-kitty auth login --server \S+/

// The commands use the real port ranges. In the private network, no listener of this machine is found there.
const isInside = process.env['FAMILIAR_PRIVATE_NETWORK'] === '1'
const outside = isInside ? null : inPrivateNetwork([process.execPath, import.meta.filename])
if (outside === null) await main()
else process.exitCode = spawnSync(outside[0] ?? '', outside.slice(1), { stdio: 'inherit' }).status ?? 1

async function main() {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'spec-kitty-install-')))
  /** @type {string[]} */
  const failures = []
  const expect = (/** @type {boolean} */ holds, /** @type {string} */ what) => {
    console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}`)
    if (!holds) failures.push(what)
  }
  try {
    const place = await install(base, expect)
    await tryCommands(place, expect)
    await tryReadme(place, expect)
    measure(place)
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
  process.exitCode = failures.length === 0 ? 0 : 1
}

/**
 * The installed command: the location of its files, and the environment of a shell that finds it.
 *
 * @typedef {{ prefix: string, project: string, env: Record<string, string> }} Place
 * @typedef {(holds: boolean, what: string) => void} Expect
 */

/** @param {string} base @param {Expect} expect @returns {Promise<Place>} */
async function install(base, expect) {
  const [prefix, home, project] = ['prefix', 'home', 'project'].map((name) => join(base, name))
  if (prefix === undefined || home === undefined || project === undefined) throw new Error('no place')
  for (const directory of [prefix, home, join(project, '.kittify')]) mkdirSync(directory, { recursive: true })
  const env = {
    PATH: `${join(prefix, 'bin')}:${process.env['PATH']}`,
    HOME: home,
    // No browser must open.
    BROWSER: 'true',
    NODE_DISABLE_COMPILE_CACHE: '1',
  }
  const tarballs = ['familiar', 'spec-kitty'].map((name) => pack(name, base))
  const registry = await serveRegistry()
  const options = ['--registry', registry.url, '--cache', join(base, 'cache'), '--no-audit', '--no-fund']
  await run(['npm', 'install', '-g', '--prefix', prefix, ...options, ...tarballs], { env, cwd: base })
  const npx = [
    'npx',
    '--yes',
    ...options.slice(0, 4),
    `--package=${tarballs.at(-1)}`,
    'spec-kitty',
    '--version',
  ]
  await run(npx, { env, cwd: base })
  expect(true, 'npx runs it from the tarball')
  registry.close()
  return { prefix, project, env }
}

/** @param {string} name @param {string} into */
function pack(name, into) {
  const args = ['pack', '--silent', '--workspace', name, '--pack-destination', into]
  execFileSync('npm', args, { cwd: ROOT })
  return join(into, readdirSync(into).find((file) => file.startsWith(`${name}-`)) ?? '')
}

/** Serves the packages of node_modules as a registry does. Resolves when it listens. */
async function serveRegistry() {
  const server = createServer((request, response) => {
    const [, kind, encoded = ''] = /^\/(-\/)?(.+)$/.exec(request.url ?? '') ?? []
    const name = decodeURIComponent(encoded)
    try {
      // npm also asks about security advisories.
      if (request.method !== 'GET') throw new Error('not a package')
      const body = kind === undefined ? describe(name, request.headers.host ?? '') : tarballOf(name)
      response.end(body)
    } catch {
      response.writeHead(404).end('{}')
    }
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(null)))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : null
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

/** @param {string} name @param {string} host */
function describe(name, host) {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'))
  const dist = { tarball: `http://${host}/-/${encodeURIComponent(name)}` }
  const versions = { [manifest.version]: { ...manifest, dist } }
  return JSON.stringify({ name, 'dist-tags': { latest: manifest.version }, versions })
}

/** @param {string} name */
function tarballOf(name) {
  const args = ['-czf', '-', '-C', join(ROOT, 'node_modules', name), '--transform', 's,^\\.,package,', '.']
  return execFileSync('tar', args, { maxBuffer: 256 * 1024 * 1024 })
}

/** @param {Place} place @param {Expect} expect */
async function tryCommands({ prefix, project, env }, expect) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/spec-kitty/package.json'), 'utf8'))
  const said = (/** @type {string} */ line) => shell(line, { env, cwd: project })
  expect(said('spec-kitty --version').stdout === `${version}\n`, 'spec-kitty --version tells the version')
  expect(said('spec-kitty --help').status === 0, 'spec-kitty --help')
  expect(existsSync(join(prefix, 'share/man/man1/spec-kitty.1')), 'npm installs the manual where man looks')
  expect(said('spec-kitty sync status').status === 0, 'spec-kitty sync status')
  const modules = join(prefix, 'lib', 'node_modules')
  const script = "import('familiar').then((all) => console.log(typeof all.defineDaemon))"
  const loaded = shell(`cd ${modules} && node -e "${script}"`, { env, cwd: project })
  expect(loaded.stdout === 'function\n', 'the library can be loaded')
  const schemas = join(modules, 'spec-kitty', 'schemas')
  const ajv = new Ajv2020({ strict: false })
  for (const name of readdirSync(schemas).filter((one) => one.endsWith('.json')))
    ajv.addSchema(JSON.parse(readFileSync(join(schemas, name), 'utf8')))
  const document = JSON.parse(said('spec-kitty auth doctor --json').stdout)
  expect(ajv.validate('auth-doctor.json', document), 'the package has the schemas of its documents')
  for (const name of ['README.md', 'LICENSE']) {
    const missing = ['familiar', 'spec-kitty'].filter(
      (one) => !readdirSync(join(modules, one)).includes(name),
    )
    expect(missing.length === 0, `both packages have a ${name}`)
  }
}

/**
 * Runs every example of the README that begins with the name of the command, in the order of the page and with the variables that
 * its examples export.
 *
 * @param {Place} place
 * @param {Expect} expect
 */
async function tryReadme({ project, env: given }, expect) {
  const page = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) => text)
  const hasJq = spawnSync('jq', ['--version']).status === 0
  const server = await startServer()
  const env = { ...given }
  for (const line of blocks.flatMap((text) => text.split('\n'))) {
    const [, name = '', value = ''] = /^export (\w+)=(\S+)/.exec(line) ?? []
    if (name.startsWith('SPEC_KITTY_')) env[name] = value
    if (!line.startsWith('spec-kitty ')) continue
    if (line.includes('| jq') && !hasJq) {
      console.log(`skip ${line}`)
      continue
    }
    const signIn = `printf 'a-token\\n' | spec-kitty auth login --with-token --server ${server.url}`
    const { status, stderr } = await shellBeside(line.replace(SIGN_IN, signIn), { env, cwd: project })
    expect(status === 0, status === 0 ? line : `${line}: exit ${status}: ${stderr}`)
  }
  expect(server.taken.size > 0, 'the server has the event')
  server.close()
  shell('spec-kitty sync stop; spec-kitty dashboard --stop', { env, cwd: project })
  const left = shell('spec-kitty auth doctor --json', { env, cwd: project }).stdout
  expect(JSON.parse(left).candidates.length === 0, 'no daemon is left')
}

/** Only prints the times: `npm run bench` judges them, on a quiet machine. @param {Place} place */
function measure({ prefix, project, env }) {
  const command = join(prefix, 'bin', 'spec-kitty')
  shell('spec-kitty sync start', { env, cwd: project })
  const commands = [['-e', '0'], ...MEASURED.map(({ args }) => [command, ...args])]
  const times = commands.map(() => /** @type {number[]} */ ([]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, args] of commands.entries()) {
      const began = performance.now()
      spawnSync(process.execPath, args, { env, cwd: project })
      times[index]?.push(performance.now() - began)
    }
  }
  shell('spec-kitty sync stop', { env, cwd: project })
  const [floor = 1, ...others] = times.map(
    (all) => all.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0,
  )
  console.log(`node -e 0: ${floor.toFixed(1)} ms (median of ${ROUNDS} rounds in turn)`)
  for (const [index, { args, target }] of MEASURED.entries()) {
    const ratio = (others[index] ?? 0) / floor
    console.log(`spec-kitty ${args.join(' ')}: ${ratio.toFixed(2)} x node -e 0; target ${target}`)
  }
}

/** @param {string} line @param {{ env: Record<string, string>, cwd: string }} options */
function shell(line, options) {
  return spawnSync('bash', ['-c', `set -o pipefail; ${line}`], { ...options, encoding: 'utf8' })
}

/**
 * Like `shell`, but this process continues to serve meanwhile.
 *
 * @param {string} line @param {{ env: Record<string, string>, cwd: string }} options
 * @returns {Promise<{ status: number | null, stderr: string }>}
 */
function shellBeside(line, options) {
  return new Promise((done) => {
    const args = ['-c', `set -o pipefail; ${line}`]
    execFile('bash', args, options, (error, _stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code), stderr }),
    )
  })
}

/** @param {readonly string[]} command @param {import('node:child_process').SpawnOptions} options */
function run(command, options) {
  return new Promise((done, fail) => {
    const child = spawn(command[0] ?? '', command.slice(1), { ...options, stdio: 'inherit' })
    child.once('exit', (code) =>
      code === 0 ? done(null) : fail(new Error(`${command.join(' ')}: exit ${code}`)),
    )
  })
}
