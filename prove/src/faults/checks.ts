import { utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { recordOf, recordPath, healthOn, leftoversIn } from '../stage/home.js'
import { daemonsOf, isThere, until } from '../stage/processes.js'
import type { Lateness } from '../stage/lateness.js'
import type { Ran } from '../stage/run.js'
import { runIn, START, type Action, type Place } from './actions.js'

/** The exit codes of docs/errors.md. */
const DOCUMENTED = new Set([0, 1, 2, 75])

/** How long everything that was starting or shutting down after a fault may take: a daemon that was not adopted waits 10 s. */
const SETTLED_MS = 14_000

/** The time limit of the next command. It takes 1 s if the machine is not busy, and may have to wait for a lock. */
const NEXT_MS = 45_000

/**
 * The exit code by which a command asks to be run again, for example because a busy machine did not start a process in
 * time.
 */
const TRY_AGAIN = 75
const MOST_AGAIN = 3

/** Matches lines on stderr that are not errors: progress, and actions that succeeded before the failure. */
const NOTICE = /^(?:waiting for |spec-kitty: upgraded the )/

/**
 * Returns what is wrong with how a command ended; null if nothing is. A command may report an internal error if a file of
 * the package itself cannot be read. If the fault affected the message itself (`isLost`), the command may end without a
 * message.
 */
export function formOf(ran: Ran, mayBeInternal: boolean, isLost = false): string | null {
  if (ran.isLate) return 'it did not end'
  if (ran.status === null) return `it was ended by ${ran.signal}`
  if (!DOCUMENTED.has(ran.status))
    return `exit ${ran.status}, which no page names: ${ran.stderr.slice(0, 300)}`
  if (/^\s+at .+:\d+:\d+|node:internal|^Node\.js v\d+|UnhandledPromise/m.test(ran.stderr))
    return `a stack trace: ${ran.stderr.slice(0, 400)}`
  if (ran.status === 0) return null
  const lines = ran.stderr.split('\n').filter((line) => line !== '' && !NOTICE.test(line))
  const own = lines.filter((line) => line.startsWith('spec-kitty: '))
  const said = `${lines.join(' | ')} // ${ran.stdout.slice(0, 200)}`
  // A drain, a publish and a reset report on stdout what they could not do.
  if (ran.stdout === '' && lines.length === 0 && !isLost) return `exit ${ran.status}, and nothing said`
  const unclear = mayBeInternal ? /undefined|\[object/ : /internal error|undefined|\[object/
  if (unclear.test(said)) return `exit ${ran.status}, unclear: ${said.slice(0, 400)}`
  return own.length > 1 ? `${own.length} messages: ${said.slice(0, 400)}` : null
}

/** Waits until at most one daemon of the home runs. Returns what is wrong after that. */
export async function settle({ home }: Place): Promise<readonly string[]> {
  const isQuiet = await until(() => daemonsOf(home).length <= 1, SETTLED_MS)
  return isQuiet ? [] : [`${daemonsOf(home).length} daemons of one home`]
}

export interface After {
  readonly wrong: readonly string[]
  readonly ms: number
  readonly again: number
  readonly isBusy: boolean
  /** True if the fault occurred only while or after the next command ran. Then the command after it must succeed. */
  readonly isHitNow: boolean
}

/** Runs the next command, and one that needs a daemon. Returns what is wrong, and how long the next command took. */
export async function goOn(
  place: Place,
  action: Action,
  lateness: Pick<Lateness, 'count'>,
  hits: () => number,
): Promise<After> {
  makeOld(place)
  const before = lateness.count()
  const hitsBefore = hits()
  const isBusy = (): boolean => lateness.count() > before
  let next = await runIn(place, action.next, NEXT_MS)
  let again = 0
  for (; next.status === TRY_AGAIN && again < MOST_AGAIN && isBusy(); again++)
    next = await runIn(place, action.next, NEXT_MS)
  // The daemon is traced until its end and counts its own calls, so the fault may affect it only now.
  let isHitNow = next.status !== 0 && hits() > hitsBefore
  if (isHitNow) next = await runIn(place, action.next, NEXT_MS)
  const wrong = next.status === 0 ? [] : [`the next command ended with ${endOf(next)}`]
  if (action.needsOrphans) {
    const left = place.orphans.filter(isThere)
    if (left.length > 0)
      wrong.push(`${left.length} orphans are left after the next reset: ${next.stdout.slice(0, 300)}`)
  }
  // A reset starts no daemon, and `sync now` only if an event waits.
  if (action.next !== START) {
    const start = await runIn(place, START, NEXT_MS)
    if (start.status !== 0) wrong.push(`a start after it ended with ${endOf(start)}`)
  }
  let state = await stateOf(place)
  // Or the fault ended the daemon after the next command had found it. Then the command after that must restore it.
  if (state.length > 0 && !isHitNow && hits() > hitsBefore) {
    isHitNow = true
    makeOld(place)
    const start = await runIn(place, START, NEXT_MS)
    if (start.status !== 0) wrong.push(`a start after the late fault ended with ${endOf(start)}`)
    state = await stateOf(place)
  }
  return { wrong: [...wrong, ...state], ms: next.ms, again, isBusy: isBusy(), isHitNow }
}

/**
 * Makes the leftovers of a killed process look older than a minute. Only then does a start remove them, because younger
 * ones could be in use.
 */
function makeOld({ home }: Place): void {
  const before = new Date(Date.now() - 120_000)
  for (const name of leftoversIn(home)) {
    if (/^\.[a-z]+-[0-9a-f]{12}$/.test(name))
      utimesSync(join(dirname(recordPath(home)), name), before, before)
  }
}

function endOf({ status, signal, isLate, stderr, stdout }: Ran): string {
  return `${isLate ? 'no end' : (signal ?? status)}: ${stderr.slice(0, 400)}${stdout.slice(0, 200)}`
}

/**
 * Checks that there is one daemon, that the record names it, that it answers, and that no file is left that should not be
 * there.
 */
async function stateOf({ home, where }: Place): Promise<readonly string[]> {
  const wrong: string[] = []
  await until(() => daemonsOf(home).length === 1, 2_000)
  const daemons = daemonsOf(home)
  if (daemons.length !== 1) wrong.push(`${daemons.length} daemons after the next command`)
  const record = recordOf(home)
  if (record === null || record === 'damaged') wrong.push(`the record is ${record ?? 'missing'}`)
  else {
    if (record.state !== 'running' || record.pid !== daemons[0])
      wrong.push(`the record says ${record.state}, process ${record.pid}; there is ${daemons.join()}`)
    const health = where.length === 0 ? await healthOn(record.port) : { pid: record.pid }
    if (health?.pid !== record.pid)
      wrong.push(`port ${record.port} is answered by ${health?.pid ?? 'no process'}`)
  }
  await until(() => leftoversIn(home).length === 0, 2_000)
  const left = leftoversIn(home)
  return left.length === 0 ? wrong : [...wrong, `left over: ${left.join()}`]
}
