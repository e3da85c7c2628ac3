import type { Part } from './part.js'

/** The parts. Each is loaded only when it is used. */
export const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  parsers: async () => (await import('./parsers/part.js')).parsers,
  'kill-safety': async () => (await import('./kill-safety/part.js')).part,
  'fault-mutants': async () => (await import('./faults/mutants.js')).faultMutants,
  upgrades: async () => (await import('./upgrades/part.js')).upgrades,
  faults: async () => (await import('./faults/part.js')).faults,
  protocol: async () => (await import('./protocol/protocol-part.js')).PROTOCOL,
  'protocol-replay': async () => (await import('./protocol/replay-part.js')).PROTOCOL_REPLAY,
}
