import { note, printable, warn, type Io } from 'familiar/cli'
import { inHome } from '../cli/in-home.js'
import { syncDaemon } from '../daemons/define-daemons.js'
import { isTurnedOff, startedHosted } from './start-environment.js'
import { syncRestart } from './why-restart.js'
import { whyStays } from './why-stays.js'
import { knownReport } from './work-report.js'

interface Queued {
  readonly root: string
  readonly project: string
  readonly count: number
}

/**
 * Says why events that were queued stay here for now. New users would think that they were sent. Users who turned hosted
 * sync off with a variable would think that they stay here, although a daemon may send them.
 */
export async function tellStaying(
  { root, project, count }: Queued,
  io: Pick<Io, 'env' | 'err' | 'isTerminal' | 'errorColumns'> & { readonly isQuiet?: boolean },
  isJson: boolean,
): Promise<void> {
  if (isTurnedOff(io.env) && (await sends(root))) {
    warn(io, 'hosted sync is off in this shell, but still on for the sync daemon; to turn it off there:')
    // A command is not wrapped, whatever the width of the terminal, so that it can be copied.
    io.err(`${printable(syncRestart())}\n`)
    return
  }
  if (!io.isTerminal || isJson) return
  const why = await whyStays(root, io.env, project)
  if (why !== null) note(io, stayingText(count, why))
}

/** Returns why events stay here for now, and where to read more. */
export function stayingText(count: number, why: string): string {
  const stays = count === 1 ? 'it stays' : 'they stay'
  return inHome`${stays} on this machine for now: ${why} (spec-kitty sync status)`
}

/** Returns whether a daemon runs that was started with hosted sync on. Never throws, because the event is already queued. */
async function sends(root: string): Promise<boolean> {
  try {
    const { report } = await syncDaemon.at(root).status()
    return startedHosted(knownReport(report?.details ?? null).environment)
  } catch {
    return false
  }
}
