// @ts-check
import { fileURLToPath } from 'node:url'

/**
 * Asks the built library about the machine, from wherever it is run, and says as JSON what it answered, or the code of the
 * error: `ask-machine.mjs QUESTION ARGUMENT...`. What it needs is loaded where an error can be told.
 */

const [, , question = '', ...args] = process.argv

/** @param {string} path */
const built = (path) => import(fileURLToPath(new URL(`../../dist/${path}`, import.meta.url)))

const platform = async () => (await built('observe/platform/select.js')).selectPlatform()

/** @type {Record<string, () => Promise<unknown>>} */
const questions = {
  select: async () => (await platform()).name,
  host: async () => (await platform()).host(),
  /** The processes with these pids: those that exist. */
  inspect: async () => {
    const views = await (await platform()).inspect(args.map(Number), AbortSignal.timeout(20_000))
    return [...views.values()]
  },
  /** Who holds the lock on this file. */
  holder: async () => (await platform()).lockHolder(args[0], null, []),
  /** The verdict on each listener: a root, the first port and the one behind the last. */
  look: async () => {
    const [root, from, to] = args
    const { daemonFamily } = await import('../fixtures/processes/daemon-family.mjs')
    const family = daemonFamily({ from: Number(from), to: Number(to) })
    const { candidates } = await (await built('observe/look.js')).look(family, root, await platform(), 20_000)
    return candidates.map((/** @type {any} */ { sighting, verdict }) => [
      sighting.port,
      sighting.pid,
      verdict.rule,
    ])
  },
  /** What is told of these scopes within so many milliseconds. */
  scopes: async () => {
    const [ms, ...scopes] = args
    const { daemonFamily } = await import('../fixtures/processes/daemon-family.mjs')
    const { readForeignScopes } = await built('observe/scopes.js')
    const family = daemonFamily({ from: 0, to: 0 })
    return [...(await readForeignScopes(family, scopes, [], AbortSignal.timeout(Number(ms)))).values()]
  },
}

try {
  process.stdout.write(`${JSON.stringify((await questions[question]?.()) ?? null)}\n`)
} catch (error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
  process.stdout.write(`${JSON.stringify({ code: code ?? message })}\n`)
}
process.exit()
