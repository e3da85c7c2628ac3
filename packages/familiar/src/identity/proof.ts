import type { CommandLine, Listener } from './machine.js'

/**
 * The facts about a process that were read when it was proven. Before a signal, its start time, command line, executable
 * and namespaces are read again and compared with these.
 */
export interface ProofFacts {
  readonly family: string
  /** The port; null for a process that does not listen. */
  readonly port: number | null
  readonly pid: number
  readonly startTime: string
  readonly command: CommandLine
  readonly executable: string | null
  readonly namespaces: string
  readonly listeners: readonly Listener[]
}

const made = new WeakSet<object>()

/**
 * The proof that one process is a daemon of a family. The code in `act/` sends a signal only with such a proof. Only
 * `observe/scan.ts` makes one, after it has read that the command line of the process has a spawn shape of the family.
 * The proof identifies the process by its pid and start time, because a pid alone may be reused.
 */
export type ProvenProcess = ProofFacts & { readonly __proof: unique symbol }

/** Makes a proof. Only `observe/scan.ts` may call this, with facts that it has just read. */
export function makeProof(facts: ProofFacts): ProvenProcess {
  const proof = Object.freeze({ ...facts })
  made.add(proof)
  return proof as ProvenProcess
}

/** Returns whether `makeProof` made this very object. A copy, or an object read from a file, is not a proof. */
export function isProof(value: object): value is ProvenProcess {
  return made.has(value)
}

/** Returns a key that identifies one process forever: a pid may be reused, but never with the same start time. */
export function processKey(pid: number, startTime: string): string {
  return `${pid}@${startTime}`
}
