// @ts-check
/**
 * Makes V8 compile the functions that a status calls when it reads their file. By default, V8 reads a function first only
 * to find its end, and again when it is called. It reads a function expression in brackets once, because it expects it to
 * be called at once.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

/**
 * Rewrites the chunks of the command that `sync status` loads. It runs the command once for that, in an empty home
 * without a daemon, so that every build of the same source finds the same functions.
 *
 * @param {string} bin the file of the command
 * @param {string} directory of its chunks
 */
export function compileEarly(bin, directory) {
  const base = mkdtempSync(join(tmpdir(), 'spec-kitty-build-'))
  try {
    const [home, out] = [join(base, 'home'), join(base, 'out')]
    mkdirSync(home)
    const { SystemRoot } = process.env
    const env = { HOME: home, USERPROFILE: home, SystemRoot, NODE_V8_COVERAGE: out }
    execFileSync(process.execPath, [bin, 'sync', 'status'], { cwd: home, env, stdio: 'ignore' })
    const scripts = readdirSync(out).flatMap((name) => scriptsIn(join(out, name)))
    for (const name of readdirSync(directory)) {
      const file = join(directory, name)
      const found = scripts.find(({ url }) => url === pathToFileURL(file).href)
      if (found !== undefined)
        writeFileSync(file, withEarlyFunctions(readFileSync(file, 'utf8'), calledIn(found)))
    }
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
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
