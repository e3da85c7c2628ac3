import { connect, selectPlatform, type Connection, type StartPolicy, type StartReason } from 'familiar'
import { printable, type Io } from '../cli/io.js'
import { forceCommand } from '../doctor/remedies.js'
import { syncFamily } from '../families/families.js'
import { installedSelf, VERSION_VARIABLE } from '../installation.js'
import { VERSION } from '../version.js'
import { launchSync } from './launch.js'

/** Returns the sync daemon of the root, starting it where that is allowed; `policy` null: it was asked for by name. */
export async function connectSync(
  root: string,
  io: Pick<Io, 'env' | 'err' | 'executable'>,
  policy: StartPolicy | null,
  reason?: StartReason,
): Promise<Connection> {
  const connection = await connect({
    family: syncFamily,
    scope: root,
    platform: await selectPlatform(),
    launch: launchSync(root, io.env),
    policy,
    ...(reason === undefined ? {} : { reason }),
    self: installedSelf(io.executable),
    versionVariable: VERSION_VARIABLE,
    doctorCommand: forceCommand,
    onWait: (message) => io.err(`${message}\n`),
  })
  const notice = noticeOf(connection)
  if (notice !== null) io.err(`spec-kitty: ${printable(notice)}\n`)
  return connection
}

/** What the user should know of the versions: nothing where they are equal. */
function noticeOf(connection: Connection): string | null {
  if (connection.outcome === 'skipped') return null
  const { replaced, report, isNewer } = connection
  const version = report.packageVersion ?? 'unknown'
  if (isNewer)
    return `the sync daemon is newer (${version}) than this command (${VERSION}); it is used as it is`
  if (replaced === null) return null
  return `replaced the sync daemon of version ${replaced.packageVersion ?? 'unknown'} by version ${version}`
}
