import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/define-daemons.js'

export async function run(args: readonly string[], io: Io): Promise<number> {
  return runCommand(syncDaemon.at(runtimeRoot(io)), ['stop', ...args], { io })
}
