import type { Scan } from '../observe/scan.js'
import { EXIT } from './exit-codes.js'
import { CommandError } from './usage.js'

/** Throws `E_NO_LISTENER` if nothing listens on the port that the user named: then a clean-up of it does nothing. */
export function assertListener({ candidates }: Scan, port: number): void {
  if (candidates.some(({ observation }) => observation.port === port)) return
  throw new CommandError('E_NO_LISTENER', `nothing listens on port ${port}`, { exit: EXIT.problem })
}
