// @ts-check
/**
 * Writes what V8 compiles of the chunks of the bundle beside them, for the build of Node that runs this. It runs the commands
 * that are used most, and a daemon, in a home and on ports of their own, and keeps the functions that they call.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ENTRIES } from './bundle-entry.mjs'
import { runAtBuild } from './run-at-build.mjs'

/** @type {readonly NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM']

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

/**
 * If a command does not work here, the functions that only it calls are missing, which is only slower, and a line on stderr
 * says so. A daemon that could not be stopped ends when it sees that its home is gone.
 *
 * @param {string} bin the file of the command
 * @param {string} directory of its chunks
 */
export async function compileChunks(bin, directory) {
  const entries = ENTRIES.map((name) => join(directory, name))
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'spec-kitty-build-')))
  const texts = entries.map((file) => readFileSync(file, 'utf8'))
  /** @type {NodeJS.Signals | null} */
  let ending = null
  const end = (/** @type {NodeJS.Signals} */ signal) => void (ending = signal)
  // The entries must not stay as they are now.
  for (const signal of SIGNALS) process.on(signal, end)
  try {
    for (const [index, file] of entries.entries())
      writeFileSync(file, `require(${JSON.stringify(KEEP)});\n${texts[index]}`)
    const [sync, dashboard] = [await freePort(), await freePort()]
    const daemons = { sync: { from: sync, to: sync + 1 }, dashboard: { from: dashboard, to: dashboard + 1 } }
    writeFileSync(join(base, 'sandbox.json'), JSON.stringify({ daemons }))
    for (const words of COMMANDS) {
      const failure = runAtBuild([bin, ...words], base, { FAMILIAR_SANDBOX: base })
      if (failure !== null)
        process.stderr.write(`What ${words.join(' ')} calls is not compiled beforehand: ${failure}\n`)
    }
  } finally {
    for (const [index, file] of entries.entries()) writeFileSync(file, texts[index] ?? '')
    rmSync(base, { recursive: true, force: true })
    await new Promise((resolve) => setImmediate(resolve))
    for (const signal of SIGNALS) process.off(signal, end)
    if (ending !== null) process.kill(process.pid, ending)
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
