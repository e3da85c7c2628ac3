import { FamiliarError } from '../errors.js'
import type { Family } from '../family.js'
import type { CommandLine } from '../identity/machine.js'
import { matchShapes } from '../identity/spawn-shape.js'
import type { JsonObject } from '../json.js'
import type { OwnRecord } from '../protocol/record.js'
import { isSameScope } from '../observe/read-records.js'

/** What later commands can see of this daemon. */
export interface SelfView {
  /**
   * The daemon's command line as the system reports it. Null if no command started the daemon; then it may have any
   * command line.
   */
  readonly command: CommandLine | null
  readonly health: JsonObject
  readonly record: OwnRecord
}

/**
 * Throws `E_DAEMON_UNRECOGNISABLE` if a later command would not recognise this daemon. Called before the daemon reports
 * that it is ready. An unrecognised daemon could not be replaced or cleaned up, and nobody would notice before the first
 * upgrade.
 */
export function assertRecognisable(family: Family, { command, health, record }: SelfView): void {
  const problem = commandProblem(family, command, record.scope) ?? healthProblem(family, health, record)
  if (problem === null) return
  throw new FamiliarError(
    'E_DAEMON_UNRECOGNISABLE',
    `later versions would not recognise this ${family.name} daemon: ${problem}`,
    { hint: 'correct the definition of the daemon' },
  )
}

function commandProblem(family: Family, command: CommandLine | null, scope: string): string | null {
  if (command === null) return null
  const shape = matchShapes(family.shapes, command)
  const shown = 'args' in command ? command.args.join(' ') : command.text
  if (shape === null) return `its command line has none of the described forms: ${shown}`
  if (shape.implementation !== 'own') return `its command line has the form of a predecessor's: ${shown}`
  if (shape.marker === null) return `its command line names no scope: ${shown}`
  if (!isSameScope(shape.marker, scope))
    return `its command line names the scope ${shape.marker}, but it serves ${scope}`
  const other = family.relatives.find(({ shapes }) => matchShapes(shapes, command) !== null)
  return other === undefined ? null : `its command line is that of a ${other.name} daemon too: ${shown}`
}

function healthProblem(family: Family, health: JsonObject, record: OwnRecord): string | null {
  const report = family.readSelfReport(JSON.parse(JSON.stringify(health)))
  if (report === null) return 'its health reply is not read as one of this daemon'
  if (report.verifiedBy === 'own_pid' && report.pid !== record.pid)
    return `its health reply has the pid ${report.pid ?? 'null'}, not ${record.pid}`
  if (report.verifiedBy === 'own_pid' && report.port !== record.port)
    return `its health reply has the port ${report.port ?? 'null'}, not ${record.port}`
  if (report.verifiedBy !== 'own_pid') return 'its health reply has no pid'
  if (report.scope !== record.scope) return `its health reply names the scope ${report.scope ?? 'null'}`
  return null
}
