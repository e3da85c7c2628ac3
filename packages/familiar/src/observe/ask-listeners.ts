import type { Family } from '../family.js'
import type { Listener } from '../identity/machine.js'
import { bestOf, type Heard } from './make-observations.js'
import { HEALTH_PATH, probe, PROBE_MS, type ProbeReply } from './probe-health.js'

/** Asks all listeners in parallel. Returns the answer of each socket. */
export async function askAll(
  family: Family,
  listeners: readonly Listener[],
): Promise<ReadonlyMap<string, Heard>> {
  return new Map(await Promise.all(listeners.map(async (at) => [at.socket, await ask(family, at)] as const)))
}

/**
 * Asks in parallel at every path at which a daemon of the tool may identify itself, so a path without an answer costs no
 * extra time.
 */
async function ask(family: Family, { address, port }: Listener): Promise<Heard> {
  const others = [family, ...family.relatives].flatMap(({ healthPaths = [] }) => healthPaths)
  const paths = [...new Set([HEALTH_PATH, ...others])]
  const replies = await Promise.all(paths.map((path) => probe(address, port, path, PROBE_MS, true)))
  return bestOf(replies.map((reply) => hear(family, reply))) ?? { answer: 'silent', report: null }
}

function hear(family: Family, reply: ProbeReply): Heard {
  if (reply.kind === 'unreachable') return { answer: 'unreachable', report: null }
  if (reply.kind !== 'json') return { answer: reply.kind, report: null }
  const report = family.readSelfReport(reply.body)
  if (report !== null) return { answer: 'self_report', report }
  const isOther = family.relatives.some((other) => other.readSelfReport(reply.body) !== null)
  return { answer: isOther ? 'other_family_report' : 'http', report: null }
}
