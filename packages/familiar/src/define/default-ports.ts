import type { PortRange } from '../identity/machine.js'

const FIRST_PORT = 20_000
const BLOCKS = 120
const BLOCK_PORTS = 100
const USER_PORTS = 20

/** Returns the port range of a daemon whose definition sets none. Frozen, because other versions must scan the same range. */
export function defaultPorts(name: string, isProject: boolean): PortRange {
  const from = FIRST_PORT + (fnv1a32(name) % BLOCKS) * BLOCK_PORTS
  return { from, to: from + (isProject ? BLOCK_PORTS : USER_PORTS) }
}

/** Returns the 32-bit FNV-1a hash of the UTF-8 text. */
export function fnv1a32(text: string): number {
  return Buffer.from(text).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5)
}
