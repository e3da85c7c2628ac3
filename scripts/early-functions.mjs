// @ts-check
/**
 * Makes V8 compile the functions that a status or a doctor calls when it reads their file. By default, V8 reads a function
 * first only to find its end, and again when it is called. It reads a function expression in brackets once, because it
 * expects it to be called at once.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** @typedef {{ readonly url: string, readonly functions: readonly { readonly ranges: readonly { readonly startOffset: number, readonly count: number }[] }[] }} Script */

/** A function declaration at the top level of a chunk, as the bundler writes it. */
const DECLARATION = /^(?:async )?function\*? ([\w$]+)\([^]*?^\}\n/gm
const BEGIN = /^exports\.isWhole = true;\n/m

/**
 * Returns the chunk with the functions that begin at these offsets as expressions in brackets. They come first, because
 * code that runs while the chunk is loaded may call them. Their lines do not change, so that a stack trace stays readable.
 *
 * @param {string} chunk
 * @param {ReadonlySet<number>} called
 */
export function withEarlyFunctions(chunk, called) {
  const /** @type {string[]} */ early = []
  const rest = chunk.replaceAll(DECLARATION, (text, name, at) => {
    if (!called.has(at)) return text
    early.push(`const ${name} = (${text.trimEnd()});\n`)
    return ''
  })
  return rest.replace(BEGIN, (begin) => begin + early.join(''))
}

/** The commands whose functions count, for the chunks that no command before them has loaded. */
const COMMANDS = [
  ['sync', 'status'],
  ['auth', 'doctor', '--json'],
]
/** A port that hardly anything uses, so that every build of the same source finds the same functions. */
const PORTS = { from: 1024, to: 1025 }

/**
 * Rewrites the chunks that `sync status` and `auth doctor` load. It runs both for that, in an empty home without a daemon.
 *
 * @param {string} bin the file of the command
 * @param {string} directory of its chunks
 */
export function compileEarly(bin, directory) {
  const base = mkdtempSync(join(tmpdir(), 'spec-kitty-build-'))
  const left = new Set(readdirSync(directory).map((name) => join(directory, name)))
  const daemons = { sync: PORTS, dashboard: PORTS }
  writeFileSync(join(base, 'sandbox.json'), JSON.stringify({ daemons }))
  try {
    for (const words of COMMANDS) {
      const scripts = runCovered([bin, ...words], mkdtempSync(join(base, 'home-')), base)
      for (const file of left) {
        const found = scripts.find(({ url }) => url === pathToFileURL(file).href)
        if (found === undefined) continue
        left.delete(file)
        writeFileSync(file, withEarlyFunctions(readFileSync(file, 'utf8'), calledIn(found)))
      }
    }
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

/**
 * Runs Node, and returns what V8 says about the files that it has run.
 *
 * @param {readonly string[]} args @param {string} home @param {string} sandbox @returns {readonly Script[]}
 */
function runCovered(args, home, sandbox) {
  const { SystemRoot } = process.env
  const out = join(home, 'coverage')
  const env = { HOME: home, USERPROFILE: home, SystemRoot, FAMILIAR_SANDBOX: sandbox, NODE_V8_COVERAGE: out }
  // Its exit code does not matter: a system on which the doctor cannot scan can build, too.
  spawnSync(process.execPath, args, { cwd: home, env, stdio: 'ignore' })
  return readdirSync(out).flatMap((name) => scriptsIn(join(out, name)))
}

/** @param {string} file @returns {readonly Script[]} */
function scriptsIn(file) {
  return JSON.parse(readFileSync(file, 'utf8')).result
}

/** Returns where the functions begin that were called. @param {Script} script */
function calledIn({ functions }) {
  const begins = functions.flatMap(({ ranges: [whole] }) =>
    whole !== undefined && whole.count > 0 ? [whole] : [],
  )
  return new Set(begins.map(({ startOffset }) => startOffset))
}
