import { selectPlatform, stopDaemon, type StopResult } from 'familiar'
import { note, type Io } from '../cli/io.js'
import type { ToolDaemon } from './tool-daemon.js'

/** Stops the daemon of the scope, of any version. */
export async function stopTool(
  { family, otherScopeHint }: ToolDaemon,
  scope: string,
  io: Pick<Io, 'err'>,
  reason: string,
): Promise<StopResult> {
  return stopDaemon({
    family,
    scope,
    platform: await selectPlatform(),
    reason,
    ...(otherScopeHint === undefined ? {} : { otherScopeHint }),
    onWait: (message) => note(io, message),
  })
}
