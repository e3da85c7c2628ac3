import { FamiliarError } from '../errors.js'
import type { Family } from '../family.js'

/** The daemon of a scope that a command cannot use from where it runs. */
export interface Beyond {
  readonly family: Family
  /** What else can be done here: a sentence. */
  readonly otherScopeHint?: string
}

interface Named {
  readonly pid: number | null
  readonly port: number | null
}

/** A daemon that a connection from here cannot reach: that it does not answer says nothing about it, so it is not ended. */
export function unreachable({ family, otherScopeHint }: Beyond, daemon: Named): FamiliarError {
  return new FamiliarError(
    'E_DAEMON_UNREACHABLE',
    `the ${family.name} daemon (${nameOf(daemon)}) runs where this command cannot reach it: in another network, or connections are not allowed here`,
    { hint: hintFor(otherScopeHint) },
  )
}

/** A daemon of another machine or pid namespace, which holds the lock of this scope. */
export function elsewhere({ family, otherScopeHint }: Beyond, daemon: Named): FamiliarError {
  return new FamiliarError(
    'E_DAEMON_ELSEWHERE',
    `the ${family.name} daemon (${nameOf(daemon)}) runs elsewhere: on another machine, in a container, or where its process is not seen from here`,
    { hint: hintFor(otherScopeHint) },
  )
}

function nameOf({ pid, port }: Named): string {
  return `process ${pid ?? 'unknown'}, port ${port ?? 'unknown'}`
}

function hintFor(other: string | undefined): string {
  return `use it where it runs${other === undefined ? '' : `, or ${other}`}`
}
