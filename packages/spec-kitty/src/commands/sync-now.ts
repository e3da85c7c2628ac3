import { FamiliarError, type Connection } from 'familiar'
import { CommandError, connectDaemon, EXIT, readOptions, UsageError, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/daemons.js'
import { followDrain, type Finished } from '../sync/daemon/follow-drain.js'
import { drainPrinter } from '../sync/daemon/print-drain.js'
import { readSettings } from '../sync/settings.js'
import { readSkipReason, type SkipReason } from '../sync/start-policy.js'
import { NOW, skipText } from '../sync/why.js'

export const help = `Usage: spec-kitty sync now [--json] [--timeout SECONDS]

Sends what waits in the queue now, through the sync daemon, and shows how it goes on. Events
whose project did not opt in, and events that the server does not take, stay in the queue.

Options:
  --json             print every step as a line of JSON
  --timeout SECONDS  stop watching after this time; the daemon goes on (default: none)

Examples:
  spec-kitty sync now
  spec-kitty sync now --json | jq 'select(.event == "finished")'

Exit codes: 0 nothing that may leave waits any longer; 1 something stays, was rejected, or
the daemon hangs; 2 wrong usage; 75 the timeout was reached; 130 interrupted.
`

/** Drains the queue through the daemon, and shows how it goes on. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json, timeout } = readOptions(args, {
    json: { type: 'boolean', default: false },
    timeout: { type: 'string' },
  })
  const seconds = readSeconds(timeout)
  const root = runtimeRoot(io)
  const connection = await connect(root, io)
  const print = drainPrinter(io, json, () => explain(root, io))
  try {
    const finished = await followDrain(connection, {
      onLine: print.line,
      ...(seconds === null ? {} : { signal: AbortSignal.timeout(seconds * 1000) }),
    })
    await print.end(finished)
    return exitFor(finished)
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'TimeoutError') throw error
    throw new CommandError('E_SYNC_TIMEOUT', `the daemon was not done after ${seconds} s; it goes on`, {
      hint: 'spec-kitty sync status',
      exit: EXIT.tryAgain,
      cause: error,
    })
  } finally {
    print.close()
  }
}

/** The switches that forbid commands to start the daemon count for this one too: they are the user's word. */
async function connect(root: string, io: Io): Promise<Connection> {
  const reason = await readSkipReason(root, io.env, 'remote_required')
  try {
    return await connectDaemon(syncDaemon.at(root), io, { start: reason === null })
  } catch (error) {
    if (!(error instanceof FamiliarError) || error.code !== 'E_DAEMON_SKIPPED') throw error
    const why = reason === null ? error.message : await textFor(reason, root, io)
    throw new CommandError('E_SYNC_NO_DAEMON', `no sync daemon runs, and this command starts none: ${why}`, {
      // A daemon alone would send nothing while hosted sync is off.
      hint: reason === 'rollout_disabled' ? `SPEC_KITTY_ENABLE_SAAS_SYNC=1 ${NOW}` : 'spec-kitty sync start',
      cause: error,
    })
  }
}

/** A setting that is wrong or cannot be read is named with its place. */
async function textFor(reason: SkipReason, root: string, io: Io): Promise<string> {
  if (reason !== 'policy_manual') return skipText(reason)
  const policy = (await readSettings(root, io.env)).get('sync.background_daemon')
  return policy.state === 'wrong' ? policy.problem : skipText(reason)
}

/** Why events still wait, and what changes it. */
async function explain(root: string, io: Io): Promise<string | null> {
  const [{ viewWork }, status] = await Promise.all([
    import('../sync/work-view.js'),
    syncDaemon.at(root).status(),
  ])
  const { why } = await viewWork(root, io.env, status)
  if (why === null) return null
  // This command has just tried.
  const command = why.command === NOW ? `spec-kitty explain ${why.reason}` : why.command
  return `${why.sentence}; ${command}`
}

function readSeconds(text: string | undefined): number | null {
  if (text === undefined) return null
  if (/^\d{1,6}(?:\.\d+)?$/.test(text) && Number(text) > 0) return Number(text)
  throw new UsageError(`--timeout needs a number of seconds above 0, not '${text}'`)
}

function exitFor({ kept, rejected, reason }: Finished): number {
  return kept + rejected === 0 && reason === null ? EXIT.ok : EXIT.problem
}
