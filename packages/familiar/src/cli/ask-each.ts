import type { Io } from './io.js'
import { wrapWords } from './text-width.js'

const NOTHING = 'nothing was ended'

const MEANING =
  'One question for each. y: end it. n or Enter: leave it. all: end it and the rest. quit: leave it and the rest.'

/**
 * Asks about each of these processes, which were shown before, whether to end it. Returns those that are to be ended.
 * `nameOf` returns what the question calls a process.
 */
export async function askEach<T>(
  open: readonly T[],
  nameOf: (one: T) => string,
  io: Pick<Io, 'confirm' | 'choose' | 'err' | 'errorColumns'>,
): Promise<readonly T[]> {
  if (open.length === 1) return (await io.confirm('Also end it?', NOTHING)) ? open : []
  io.err(`${wrapWords(MEANING, io.errorColumns).join('\n')}\n`)
  const chosen: T[] = []
  for (const [index, one] of open.entries()) {
    const answer = await io.choose(`${index + 1} of ${open.length}: end ${nameOf(one)}?`, NOTHING)
    if (answer === 'all') return [...chosen, ...open.slice(index)]
    if (answer === 'quit') return chosen
    if (answer === 'yes') chosen.push(one)
  }
  return chosen
}
