import type { Io } from 'familiar/cli'
import { recordConsent } from '../sync/opt-in-out.js'

/** Records that events of a project may leave this machine. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return recordConsent('opt-in', args, io)
}
