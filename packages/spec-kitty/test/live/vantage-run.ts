import { existsSync } from 'node:fs'
import { times } from '../../../familiar/test/helpers/counts.js'
import type { Ran } from '../helpers/cli.js'
import { until } from './sync-root.js'
import { runFrom, startFrom, typeFrom, type From } from './vantage-command.js'
import type { Entry } from './vantage-entries.js'
import type { Fleet } from './vantage-fleet.js'
import type { Vantage } from './vantage-places.js'
import { daemonsBelow } from './vantage-processes.js'
import { GRACE_MS } from './vantage-rules.js'
import { isProject, type Scope } from './vantage-scopes.js'

/** In a chosen few there may be none in which it is seen, and they shall be quick. */
const isFull = times(0, 1) === 1

/** Where it must be seen that a predecessor's daemon is ended: waits until that has been running for long enough. */
export async function untilOld(vantage: Vantage, entry: Entry, { victims }: Fleet): Promise<void> {
  const startedAt = victims.get('oldStale')?.startedAt ?? 0
  const isNeeded =
    isFull && vantage.sight === 'all' && entry.ends.includes('oldStale') && entry.intent !== 'force'
  if (isNeeded) await until(() => performance.now() - startedAt > GRACE_MS, GRACE_MS + 1_000)
}

function fromOf(vantage: Vantage, scope: Scope, { scopes }: Fleet): From {
  const path = scopes.at(scope)
  const env = { SPEC_KITTY_HOME: isProject(scope) ? scopes.at('home') : path }
  return { prefix: vantage.prefix, cwd: path, env }
}

/** Runs an entry point from a vantage. */
export function run(vantage: Vantage, { scope, args, answer }: Entry, fleet: Fleet): Promise<Ran> {
  const from = fromOf(vantage, scope, fleet)
  if (args !== null) return answer === undefined ? runFrom(from, args) : typeFrom(from, args, answer)
  const marker = `--spec-kitty-daemon-root=${fleet.scopes.at(scope)}`
  const before = new Set(daemonsBelow(fleet.scopes.base))
  // As that process sees it: its root directory may be another one.
  const isUp = (): boolean =>
    daemonsBelow(fleet.scopes.base)
      .filter((pid) => !before.has(pid))
      .some((pid) => existsSync(`/proc/${pid}/root${fleet.scopes.at(scope)}/daemons/sync/record.json`))
  return startFrom(from, ['sync', marker], isUp)
}

/** A daemon that was started cleans after its command has ended: waits for what it must end, or may end wrongly. */
export async function settle(
  fleet: Fleet,
  must: readonly string[],
  known: ReadonlySet<number>,
  settleMs: number,
): Promise<void> {
  const isDone = (): boolean => must.every((name) => fleet.ended().includes(name))
  const others = (): readonly number[] => daemonsBelow(fleet.scopes.base).filter((pid) => !known.has(pid))
  if (others().length === 0) return
  if (must.length > 0) await until(isDone, 60_000)
  else await until(() => fleet.ended().length > 0, settleMs)
}
