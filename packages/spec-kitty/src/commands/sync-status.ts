import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/define-daemons.js'
import { syncStatus } from '../sync/sync-status.js'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const root = runtimeRoot(io)
  return runCommand(syncDaemon.at(root), ['status', ...args], { io, status: syncStatus(root, io) })
}
