import { definitionOf, type Daemon } from '../define/define-daemon.js'
import { portInUse } from '../observe/port-users.js'

/**
 * Throws `E_PORT_IN_USE`, with who uses it, if something listens on a port that the daemon is to have. A tool calls this
 * before it suggests to end the daemon for a start on that port.
 */
export async function assertPortFree(
  daemon: Daemon,
  port: number,
  hint: string | null = null,
): Promise<void> {
  const error = portInUse(port, await daemon.scan(), { scope: definitionOf(daemon).words.scope, hint })
  if (error !== null) throw error
}
