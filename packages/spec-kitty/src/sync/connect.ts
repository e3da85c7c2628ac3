import { connect, selectPlatform, type Connection, type StartPolicy, type StartReason } from 'familiar'
import type { Io } from '../cli/io.js'
import { forceCommand } from '../doctor/remedies.js'
import { syncFamily } from '../families/families.js'
import { launchSync } from './launch.js'

/** Returns the sync daemon of the root, starting it where that is allowed; `policy` null: it was asked for by name. */
export async function connectSync(
  root: string,
  io: Pick<Io, 'env' | 'err'>,
  policy: StartPolicy | null,
  reason?: StartReason,
): Promise<Connection> {
  return connect({
    family: syncFamily,
    scope: root,
    platform: await selectPlatform(),
    launch: launchSync(root, io.env),
    policy,
    ...(reason === undefined ? {} : { reason }),
    doctorCommand: forceCommand,
    onWait: (message) => io.err(`${message}\n`),
  })
}
