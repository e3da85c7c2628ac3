import type { CommandLine, Listener } from './machine.js'

/** What a scan proved about one process: everything that must still be true when it is signalled. */
export interface ProofFacts {
  readonly family: string
  /** Null for a process that does not listen. */
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
 * The licence to signal one process, without which `act/` signals nothing. Only `observe/scan.ts` makes one, after it has
 * seen the process with a spawn shape of the family. It identifies the process by (pid, start time), not by pid alone.
 */
export type ProvenProcess = ProofFacts & { readonly __proof: unique symbol }

/** Makes a proof. Only `observe/scan.ts` may call this, with what it has just read. */
export function makeProof(facts: ProofFacts): ProvenProcess {
  const proof = Object.freeze({ ...facts })
  made.add(proof)
  return proof as ProvenProcess
}

/** Returns whether `makeProof` made this very object: a copy, or an object read from a file, is not a proof. */
export function isProof(value: object): value is ProvenProcess {
  return made.has(value)
}

/** Returns a key that identifies one process for ever: a pid is reused, the pair (pid, start time) is not. */
export function processKey(pid: number, startTime: string): string {
  return `${pid}@${startTime}`
}
