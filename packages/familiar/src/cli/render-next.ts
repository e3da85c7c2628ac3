import type { Obstacle } from '../doctor/remedy.js'
import { paint, type Io } from './io.js'
import { printable } from './printable.js'
import { columnsOf, wrapWords } from './text-width.js'

/** A plan of a clean-up, and the options that it was made with. */
interface Plan {
  /** The command that ends the processes that are proven stale. */
  readonly clean: string
  readonly isForced: boolean
  /** Whether the command asks about what needs a decision, where someone can answer. */
  readonly asksAboutRest?: boolean
  readonly port: number | null
  /** How many processes would be ended, and how many would still need a decision after that. */
  readonly ended: number
  readonly open: number
  /** Why the plan cannot be carried out; null if it can. */
  readonly obstacle?: Obstacle | null
}

/**
 * Returns the lines after a dry run: the command that carries out the plan, and how many decisions would be left; or why it
 * cannot be carried out, also with `--quiet`. Nothing if there is nothing to do.
 */
export function renderNext(
  { clean, isForced, asksAboutRest = false, port, ended, open, obstacle = null }: Plan,
  terminal: Pick<Io, 'hasColor' | 'columns' | 'isQuiet'>,
): readonly string[] {
  if (ended === 0 && open === 0) return []
  if (obstacle !== null) {
    const text = `Nothing of this can be done now: ${printable(obstacle.problem)} (${obstacle.id})`
    return wrapWords(text, terminal.columns).map((line) => paint(terminal, 'red', line))
  }
  if (terminal.isQuiet === true) return []
  const need = `${open === 1 ? 'needs' : 'need'} a decision`
  if (ended === 0)
    return wrapWords(`Nothing would be ended without a decision: ${open} ${need}.`, terminal.columns)
  const command = `${clean}${isForced ? ' --force' : ''}${port === null ? '' : ` --port ${port}`}`
  const asked = isForced || !asksAboutRest ? '' : ', asked on a terminal'
  const then = open === 0 ? null : `then ${open} still ${need}${asked}`
  const after = then === null ? '' : `  # ${then}`
  const painted = paint(terminal, 'cyan', printable(command))
  if (terminal.columns === null || columnsOf(`For real: ${command}${after}`) <= terminal.columns)
    return [`For real: ${painted}${paint(terminal, 'dim', after)}`]
  const lead = `For real${then === null ? '' : ` (${then})`}:`
  return [...wrapWords(lead, terminal.columns), `    ${painted}`]
}
