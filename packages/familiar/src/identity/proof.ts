import type { CommandLine, Listener } from './machine.js'

/** What a look proved about one process: everything that must still be true when it is signalled. */
export interface ProofFacts {
  readonly family: string
  /** Null for a process that does not listen. */
  readonly port: number | null
  readonly pid: number
  readonly birth: string
  readonly command: CommandLine
  readonly executable: string | null
  readonly namespaces: string
  readonly listeners: readonly Listener[]
}

const made = new WeakSet<object>()

/**
 * The licence to signal one process: it can be made only by a look that saw the process with a spawn shape of the
 * family, and names it by (pid, birth), not by pid. The only thing that `act/` accepts.
 */
export type ProvenProcess = ProofFacts & { readonly __proof: unique symbol }

/** Makes a proof. Called by a look, from what it has just read, and by nothing else. */
export function makeProof(facts: ProofFacts): ProvenProcess {
  const proof = Object.freeze({ ...facts })
  made.add(proof)
  return proof as ProvenProcess
}

/** Returns whether a look made this very object: one that was copied, or read from a file, is no proof. */
export function isProof(value: object): value is ProvenProcess {
  return made.has(value)
}

/** Names one process for ever: pids are used again, (pid, birth) is not. */
export function processKey(pid: number, birth: string): string {
  return `${pid}@${birth}`
}
