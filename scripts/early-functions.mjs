// @ts-check
/**
 * Makes V8 compile the functions that a status or a doctor calls when it reads their file. By default, V8 reads a function
 * first only to find its end, and again when it is called. It reads a function expression in brackets once, because it
 * expects it to be called at once.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BEFORE_CHUNK, ENTRIES } from './bundle-entry.mjs'
import { runAtBuild } from './run-at-build.mjs'

/** @typedef {{ readonly url: string, readonly functions: readonly { readonly ranges: readonly { readonly startOffset: number, readonly endOffset: number, readonly count: number }[] }[] }} Script */

/** A function declaration at the top level of a chunk, as the bundler writes it. */
const DECLARATION = /^(?:async )?function\*? ([\w$]+)\([^]*?^\}\n/gm
const BEGIN = /^exports\.isWhole = true;\n/m

/**
 * Returns the chunk with these functions as expressions in brackets. They come first, because code that runs while the
 * chunk is loaded may call them. Their text does not change, so that a stack trace names them as before. A function is left
 * as it is if it does not end where its declaration seems to: a line of a text in it may look like the end.
 *
 * @param {string} chunk
 * @param {ReadonlyMap<number, number>} called where each begins and ends
 */
export function withEarlyFunctions(chunk, called) {
  const /** @type {string[]} */ early = []
  const rest = chunk.replaceAll(DECLARATION, (text, name, at) => {
    const code = text.trimEnd()
    if (called.get(at) !== at + code.length) return text
    early.push(`const ${name} = (${code});\n`)
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
 * Rewrites the chunks that `sync status` and `auth doctor` load. It runs both for that, in an empty home without a daemon. If
 * one does not work here, its chunks stay as they are, which is only slower, and a line on stderr says so.
 *
 * @param {string} bin the file of the command
 * @param {string} directory of its chunks
 */
export function compileEarly(bin, directory) {
  const base = mkdtempSync(join(tmpdir(), 'spec-kitty-build-'))
  const chunks = readdirSync(directory).filter((name) => !ENTRIES.includes(name))
  const left = new Set(chunks.map((name) => join(directory, name)))
  const daemons = { sync: PORTS, dashboard: PORTS }
  writeFileSync(join(base, 'sandbox.json'), JSON.stringify({ daemons }))
  try {
    for (const words of COMMANDS) {
      const scripts = runCovered([bin, ...words], mkdtempSync(join(base, 'home-')), base)
      if (typeof scripts === 'string') {
        process.stderr.write(
          `The functions that ${words.join(' ')} calls are not compiled early: ${scripts}\n`,
        )
        continue
      }
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
 * Runs Node, and returns what V8 says about the files that it has run; a text that says why, if it failed.
 *
 * @param {readonly string[]} args @param {string} home @param {string} sandbox @param {number} [withinMs]
 * @returns {readonly Script[] | string}
 */
export function runCovered(args, home, sandbox, withinMs) {
  const out = join(home, 'coverage')
  const failure = runAtBuild(args, home, { FAMILIAR_SANDBOX: sandbox, NODE_V8_COVERAGE: out }, withinMs)
  if (failure !== null) return failure
  try {
    return readdirSync(out).flatMap((name) => scriptsIn(join(out, name)))
  } catch (failed) {
    return `its coverage cannot be read: ${failed instanceof Error ? failed.message : String(failed)}`
  }
}

/** @param {string} file @returns {readonly Script[]} */
function scriptsIn(file) {
  return JSON.parse(readFileSync(file, 'utf8')).result
}

/** Returns where in the chunk the functions that were called begin and end. @param {Script} script */
function calledIn({ functions }) {
  const called = functions.flatMap(({ ranges: [whole] }) =>
    whole !== undefined && whole.count > 0 ? [whole] : [],
  )
  return new Map(
    called.map(({ startOffset, endOffset }) => [startOffset - BEFORE_CHUNK, endOffset - BEFORE_CHUNK]),
  )
}
