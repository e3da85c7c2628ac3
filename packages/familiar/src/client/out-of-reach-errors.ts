import { FamiliarError } from '../errors.js'
import { titleOf, type Family } from '../family.js'
import { heldAdvice, heldText, movedText, type HeldFor } from '../classify/daemon-state.js'
import type { SelfReport } from '../protocol/self-report.js'

/** Context for the errors about a daemon that a command cannot use from where it runs. */
export interface Beyond {
  readonly family: Family
  /** What the user can do here instead, worded so that it can follow "or". */
  readonly otherScopeHint?: string
  /** Returns the command that stops the daemon of another scope; null if there is none. */
  readonly stopElsewhereCommand?: (scope: string) => string | null
}

interface Named {
  readonly pid: number | null
  readonly port: number | null
}

/** The error for a daemon that connections from here cannot reach. Its silence proves nothing, so it is not ended. */
export function unreachable({ family, otherScopeHint }: Beyond, daemon: Named): FamiliarError {
  return new FamiliarError(
    'E_DAEMON_UNREACHABLE',
    `the ${titleOf(family)} (${nameOf(daemon)}) runs where this command cannot reach it: in another network, or connections are not allowed here`,
    { hint: hintFor(otherScopeHint) },
  )
}

/** The error for a daemon on another machine or in another pid namespace that holds the lock of this scope. */
export function elsewhere({ family, otherScopeHint }: Beyond, daemon: Named): FamiliarError {
  return new FamiliarError(
    'E_DAEMON_ELSEWHERE',
    `the ${titleOf(family)} (${nameOf(daemon)}) runs elsewhere: on another machine, in a container, or where its process is not seen from here`,
    { hint: hintFor(otherScopeHint) },
  )
}

/** The error for a daemon whose directory was moved here. It is neither used nor ended here, because it exits by itself. */
export function moved(
  { family }: Beyond,
  { pid, port, scope }: Named & Pick<SelfReport, 'scope'>,
): FamiliarError {
  const name = nameOf({ pid, port })
  return new FamiliarError(
    'E_DAEMON_ELSEWHERE',
    `the ${titleOf(family)} (${name}) is not used and not stopped here: ${movedText(scope)}`,
    { hint: 'then run this command again', retry: true },
  )
}

/**
 * The error for a daemon that holds the lock of this scope but was started for another path. It can be stopped there, not
 * here.
 */
export function startedFor(
  { family, stopElsewhereCommand }: Beyond,
  daemon: Named,
  held: HeldFor,
): FamiliarError {
  const command = held.isStoppedThere ? (stopElsewhereCommand?.(held.path) ?? null) : null
  return new FamiliarError(
    'E_DAEMON_ELSEWHERE',
    `the ${titleOf(family)} (${nameOf(daemon)}) is not used and not stopped here: ${heldText(held)}`,
    { hint: command ?? heldAdvice(held) },
  )
}

function nameOf({ pid, port }: Named): string {
  return `process ${pid ?? 'unknown'}, port ${port ?? 'unknown'}`
}

/** Returns advice about a daemon that cannot be judged from here. It never names a command that would end the daemon. */
export function hintFor(other: string | undefined): string {
  return `use it where it runs${other === undefined ? '' : `, or ${other}`}`
}
