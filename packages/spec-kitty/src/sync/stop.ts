import { selectPlatform, stopDaemon, type StopResult } from 'familiar'
import { note, type Io } from '../cli/io.js'
import { syncFamily } from '../families/families.js'
import { OTHER_ROOT } from './launch.js'

/** Stops the sync daemon of the root, whatever its version. */
export async function stopSync(root: string, io: Pick<Io, 'err'>, reason: string): Promise<StopResult> {
  return stopDaemon({
    family: syncFamily,
    scope: root,
    platform: await selectPlatform(),
    reason,
    otherScopeHint: OTHER_ROOT,
    onWait: (message) => note(io, message),
  })
}
