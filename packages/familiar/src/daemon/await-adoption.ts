import { placesOf } from '../act/agreed-places.js'
import type { Family } from '../family.js'
import type { OwnRecord } from '../protocol/record.js'
import { type Lines, STARTUP_PIPE_MS } from '../protocol/startup-pipe.js'

/**
 * Tells the command that started the daemon that it is ready, and waits for its answer. Returns false if the command ends
 * or does not answer, because then no command needs this daemon.
 */
export async function isAdopted(
  pipe: Lines,
  family: Family,
  record: OwnRecord,
  token: string,
): Promise<boolean> {
  const { port, pid, birth, package_version, protocol_version, instance_id } = record
  const named = { port, pid, birth, package_version, protocol_version, instance_id }
  pipe.send({ ready: { ...named, ...placesOf(family, record.scope), token } })
  return (await pipe.receive(STARTUP_PIPE_MS))?.['adopt'] === true
}
