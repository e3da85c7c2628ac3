/**
 * `npm run prove [PART...] [--short] [--seed N] [--trials N] [--write]`: runs the trials of all parts, or of the named
 * ones, and prints a table for each. With `--write`, stores the figures in docs/proofs and in the pages that quote them.
 * Exit code 0: every goal is met; 1: a trial failed or a goal is missed; 2: wrong arguments, or the trials could not be
 * run.
 */
import { parseArgs } from 'node:util'
import type { Order, Part, Result } from './part.js'
import { PARTS } from './parts.js'
import { failuresOf, isGood, tableOf, writeFigures } from './report.js'

const MOST_SEED = 2 ** 31

interface Arguments {
  readonly parts: readonly (() => Promise<Part>)[]
  readonly order: Order
  readonly isKept: boolean
}

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2))
  if (typeof given === 'string') {
    console.error(`prove: ${given}`)
    return 2
  }
  let code = 0
  for (const load of given.parts) code = Math.max(code, await prove(await load(), given))
  return code
}

async function prove(part: Part, { order, isKept }: Arguments): Promise<number> {
  console.log(`\n${part.id}: ${part.title}\nseed ${order.seed}, ${order.size}`)
  const began = Date.now()
  let result: Result
  try {
    result = await part.run(order)
  } catch (error) {
    console.error(
      `prove: ${part.id} could not be done: ${error instanceof Error ? error.stack : String(error)}`,
    )
    return 2
  }
  const seconds = Math.round((Date.now() - began) / 1000)
  console.log(tableOf(result))
  for (const line of failuresOf(result)) console.error(line)
  console.log(`${seconds} s`)
  if (isKept) writeFigures(part, order, result, seconds)
  return isGood(result) ? 0 : 1
}

/** Returns the orders, or what is wrong with the arguments. */
function readArguments(argv: readonly string[]): Arguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        short: { type: 'boolean', default: false },
        seed: { type: 'string' },
        trials: { type: 'string' },
        write: { type: 'boolean', default: false },
      },
    })
    const unknown = positionals.find((id) => PARTS[id] === undefined)
    if (unknown !== undefined)
      return `there is no part ${unknown}; there are: ${Object.keys(PARTS).join(', ')}`
    const seed = countOf(values.seed) ?? Math.floor(Math.random() * MOST_SEED)
    const trials = countOf(values.trials)
    const size = values.short ? 'short' : 'full'
    const chosen = positionals.length === 0 ? Object.keys(PARTS) : positionals
    return {
      parts: chosen.flatMap((id) => PARTS[id] ?? []),
      order: { seed, size, trials, say: (line) => console.error(line) },
      isKept: values.write,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function countOf(text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`'${text}' is not a whole number above 0`)
  return Number(text)
}

process.exitCode = await main()
