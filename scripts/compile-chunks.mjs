// @ts-check
/**
 * Writes what V8 compiles of the chunks of the bundle beside them, for the build of Node that runs this. It runs the commands
 * that are used most, and a daemon, in a home and on ports of their own, and keeps the functions that they call.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const KEEP = fileURLToPath(new URL('keep-compiled.cjs', import.meta.url))

/** In this order: each adds the functions that it calls to those of the commands before it. */
const COMMANDS = [
  ['sync', 'status'],
  ['auth', 'doctor'],
  ['auth', 'doctor', '--json'],
  ['sync', 'start'],
  ['sync', 'start', '--json'],
  ['sync', 'status'],
  ['sync', 'status', '--json'],
  ['auth', 'doctor', '--json'],
  ['sync', 'stop'],
]

/** How long a command may run. It takes a second on a busy machine. */
const WITHIN_MS = 30_000

/**
 * If a command does not work here, the functions that only it calls are missing, which is only slower, and a line on stderr
 * says so. Leaves no daemon behind.
 *
 * @param {{ bin: string, entries: readonly string[] }} files the command, and the files that load the chunks
 */
export async function compileChunks({ bin, entries }) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'spec-kitty-build-')))
  const texts = entries.map((file) => readFileSync(file, 'utf8'))
  try {
    for (const [index, file] of entries.entries())
      writeFileSync(file, `require(${JSON.stringify(KEEP)})\n${texts[index]}`)
    const [sync, dashboard] = [await freePort(), await freePort()]
    const daemons = { sync: { from: sync, to: sync + 1 }, dashboard: { from: dashboard, to: dashboard + 1 } }
    writeFileSync(join(base, 'sandbox.json'), JSON.stringify({ daemons }))
    for (const words of COMMANDS) {
      const failure = run([bin, ...words], base)
      if (failure !== null)
        process.stderr.write(`What ${words.join(' ')} calls is not compiled beforehand: ${failure}\n`)
    }
  } finally {
    for (const [index, file] of entries.entries()) writeFileSync(file, texts[index] ?? '')
    rmSync(base, { recursive: true, force: true })
  }
}

/** Returns why a command failed, or null. @param {readonly string[]} args @param {string} base */
function run(args, base) {
  const { PATH, SystemRoot } = process.env
  const env = { PATH, SystemRoot, HOME: base, USERPROFILE: base, FAMILIAR_SANDBOX: base }
  const limit = { timeout: WITHIN_MS, killSignal: /** @type {const} */ ('SIGKILL') }
  const { error, signal, status } = spawnSync(process.execPath, args, {
    cwd: base,
    env,
    stdio: 'ignore',
    ...limit,
  })
  if (error !== undefined) return error.message
  return status === 0 ? null : `it ended with ${signal ?? status}`
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
