import type { Ran } from '../helpers/cli.js'
import type { Entry } from './vantage-entries.js'
import type { Vantage } from './vantage-places.js'

/** What is wrong with an answer, whatever it says of the daemons. */

const EXITS: ReadonlySet<number | null> = new Set([0, 1, 2, 75])
const CRASH = /E_INTERNAL|internal error|^\s+at |SyntaxError|TypeError|Cannot (read|find)|unhandled/m

/** From there a command of force can be right nowhere: all daemons are out of its reach. */
const BEYOND: ReadonlySet<string> = new Set(['nothing', 'token'])

/** Returns the document that a command printed; null where it printed none. */
export function documentOf({ stdout }: Ran): any {
  try {
    return JSON.parse(stdout)
  } catch {
    return null
  }
}

/** Returns every fault. `args`: what was asked for, to leave out of the answer what only repeats it. */
export function faultsOf(vantage: Vantage, ran: Ran, args: readonly string[]): readonly string[] {
  if (vantage.isHopeless === true) return []
  const { status, stdout, stderr } = ran
  const said = `${stdout}\n${stderr}`
  const named = BEYOND.has(vantage.sight) && !args.includes('--force') ? forced(said) : []
  return [
    ...(status === null ? ['hangs'] : []),
    ...(status !== null && !EXITS.has(status) ? [`exit ${status}`] : []),
    ...(CRASH.test(said) ? [`crashes: ${firstLine(CRASH.exec(said)?.[0], said)}`] : []),
    ...(args.includes('--json') && documentOf(ran) === null ? ['prints no document'] : []),
    ...named,
    ...(vantage.isBlind === true ? blindFaults(ran, args) : []),
  ]
}

/** What is to be run somewhere else, and says so, promises nothing here. */
function forced(said: string): readonly string[] {
  const commands = [...said.matchAll(/([^]{0,12})(spec-kitty [^"'\n)]*--force[^"'\n)]*)/g)]
  const here = commands.filter(([, before = '']) => !/runs it:\s$/.test(before))
  return here.slice(0, 1).map(([, , command = '']) => `names: ${command.trim()}`)
}

/** With the /proc of another pid namespace a command that looks at processes refuses, and an installer's goes on. */
function blindFaults(ran: Ran, args: readonly string[]): readonly string[] {
  if (args.includes('upgrade-hook')) return ran.status === 0 ? [] : [`exit ${ran.status}, not 0`]
  if (args.includes('status') || args.includes('--status') || !args.includes('--json')) return []
  const code = documentOf(ran)?.error?.code
  return code === 'E_SCAN_IMPOSSIBLE' && ran.status === 2 ? [] : [`${code ?? 'no error'}, exit ${ran.status}`]
}

function firstLine(found: string | undefined, said: string): string {
  const line = said.split('\n').find((one) => found !== undefined && one.includes(found.trim()))
  return (line ?? found ?? '').trim().slice(0, 160)
}

/** Where descriptors are short a command does all of its work, or none and says that it may succeed later. */
export function lackFaults(
  { sight, isHopeless }: Vantage,
  { args, ends }: Entry,
  ran: Ran,
  ended: readonly string[],
): readonly string[] {
  if ((sight !== 'short' && sight !== 'starved') || isHopeless === true || args === null) return []
  if (ran.status === 75 || documentOf(ran)?.error?.code === 'E_RESOURCES') {
    return ended.length > 0 ? [`refuses, and ${ended.join(', ')} ended`] : []
  }
  // That of a predecessor may have been too young.
  const left = ends.filter((name) => name !== 'oldStale' && !ended.includes(name))
  return sight === 'short' && left.length > 0 ? [`does not refuse, and ${left.join(', ')} is left`] : []
}

/** Where no signal may be sent a clean-up says of each that it was to end that it was not permitted. */
export function refusalFaults({ sight }: Vantage, { intent, ends }: Entry, ran: Ran): readonly string[] {
  const isCleaned = intent === 'clean' || intent === 'force' || intent === 'clean_projects'
  const document = documentOf(ran)
  if (sight !== 'no_kill' || !isCleaned || document === null) return []
  const failed: readonly any[] = (document.reset_result ?? document).failed ?? []
  const refused = failed.filter((one) => one.failure_reason === 'permission_denied').length
  const least = ends.filter((name) => name !== 'oldStale').length
  return refused >= least ? [] : [`${refused} of ${least} reported as permission_denied`]
}
