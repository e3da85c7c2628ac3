import { connect, selectPlatform, type Connection, type StartPolicy, type StartReason } from 'familiar'
import { note, type Io } from '../cli/io.js'
import { noticeVersions } from '../cli/notices.js'
import { forceCommand } from '../doctor/remedies.js'
import { syncFamily } from '../families/families.js'
import { installedSelf, VERSION_VARIABLE } from '../installation.js'
import { launchSync, OTHER_ROOT } from './launch.js'

/** Returns the sync daemon of the root; starts it if `policy` allows that, or is null: the user asked for the daemon. */
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
    stopCommand: 'spec-kitty sync stop',
    otherScopeHint: OTHER_ROOT,
    onWait: (message) => note(io, message),
  })
  noticeVersions(connection, 'sync daemon', io)
  return connection
}
