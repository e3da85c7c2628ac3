import { readFileSync } from 'node:fs'

const MIB = 1024 * 1024

/** What Node itself holds on both sides of a connection: a few parts of a stream. */
const OF_NODE = 4 * MIB

/** The most of a system that does not tell. */
const OF_OTHER_SYSTEMS = 60 * MIB

/**
 * How many bytes one side can at most have sent that the other has not read. The kernel lets the buffers of a connection grow up
 * to the third number of these files, for as long as its reader is quick, so how many it is differs from run to run.
 */
export const MOST_ON_THE_WAY = OF_NODE + mostInKernel()

function mostInKernel(): number {
  try {
    return mostIn('tcp_wmem') + mostIn('tcp_rmem')
  } catch {
    return OF_OTHER_SYSTEMS
  }
}

function mostIn(name: string): number {
  return Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/)[2])
}
