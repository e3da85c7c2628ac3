import type { Scan } from '../observe/scan.js'
import { EXIT } from './exit-codes.js'
import { CommandError } from './command-errors.js'

/**
 * Throws `E_NO_LISTENER` if nothing listens on the port that the user named, because a clean-up of that port would do
 * nothing. If the daemon of the scope listens where this command cannot see it, its record names the port; that is
 * accepted.
 */
export function assertListener({ candidates, context }: Scan, port: number): void {
  const isRecorded = context.here.records.some(
    (read) => read.state === 'readable' && read.record.running && read.record.port === port,
  )
  if (isRecorded || candidates.some(({ observation }) => observation.port === port)) return
  throw new CommandError('E_NO_LISTENER', `nothing listens on port ${port}`, { exit: EXIT.problem })
}
