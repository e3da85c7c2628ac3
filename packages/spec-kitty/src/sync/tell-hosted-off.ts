import { note, printable, warn, type Io } from 'familiar/cli'
import { inHome } from '../cli/in-home.js'
import { syncDaemon } from '../daemons/define-daemons.js'
import { isSwitchedOn, readSettings } from './settings-table.js'
import { isTurnedOff, startedHosted } from './start-environment.js'
import { RESTART } from './why-restart.js'
import { knownReport } from './work-report.js'

/**
 * Says what happens to an event that is queued while hosted sync is off in this shell. New users would think that it was
 * sent. Users who turned hosted sync off with a variable would think that it stays here, although a daemon may send it.
 */
export async function tellHostedOff(
  root: string,
  io: Pick<Io, 'env' | 'err' | 'isTerminal' | 'errorColumns'> & { readonly isQuiet?: boolean },
  isJson: boolean,
): Promise<void> {
  if (isSwitchedOn(await readSettings(root, io.env), 'sync.hosted')) return
  const [isOff, isForPeople] = [isTurnedOff(io.env), io.isTerminal && !isJson]
  if (!isOff && !isForPeople) return
  const isSent = await sends(root)
  if (isSent && isOff) {
    warn(io, 'hosted sync is off in this shell, but still on for the sync daemon; to turn it off there:')
    // A command is not wrapped, whatever the width of the terminal, so that it can be copied.
    io.err(`${printable(inHome(RESTART, io.env))}\n`)
  }
  if (!isSent && isForPeople)
    note(io, inHome('it stays on this machine for now: hosted sync is off (spec-kitty sync status)', io.env))
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
