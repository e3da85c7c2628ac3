import type { Part } from './part.js'

/** Loads each part only when it is asked for. */
export const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  protocol: async () => (await import('./protocol/protocol.js')).PROTOCOL,
  'protocol-replay': async () => (await import('./protocol/replays.js')).PROTOCOL_REPLAY,
}
