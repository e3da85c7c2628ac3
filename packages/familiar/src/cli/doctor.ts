import type { CleanUpReport, Scan } from 'familiar'
import { EXIT } from '../cli/exit-codes.js'
import type { Io } from '../cli/io.js'
import { formatJson } from '../cli/json.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { readOptions, UsageError } from '../cli/usage.js'
import { doctorDocument, type DoctorDocument } from '../doctor/document.js'
import { renderDoctor } from '../doctor/render.js'
import { syncDaemon } from '../daemons/sync.js'
import { installedSelf } from '../installation.js'
import { readConfig } from '../sync/config.js'

export const help = `Usage: spec-kitty auth doctor [options]

Shows the session, the sync daemon, and every listener in the sync range with what it is
and why. Without --reset it only looks.

Options:
  --reset     end what is proven stale (safe_auto); on a terminal, asks about the rest
  --force     with --reset: also end what needs a decision (operator_required)
  --port N    with --reset: only the listener on this port
  --dry-run   with --reset: say what would be done, do nothing
  --json      print one JSON document
  --verbose   show the stack trace of an internal error
  --help      show this

Exit codes: 0 no critical finding; 1 a critical finding remains or something failed;
2 wrong usage or an error; 75 busy, try again; 130 interrupted.
`

interface Options {
  readonly reset: boolean
  readonly force: boolean
  readonly dryRun: boolean
  readonly json: boolean
  readonly port: number | null
}

/** Scans the sync range, cleans it up with `--reset`, and prints the state of the machine after that. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = readArguments(args)
  const root = runtimeRoot(io)
  const reset = options.reset ? await loadReset() : null
  const seen = await syncDaemon.at(root).scan({ forCleanUp: reset !== null })
  const show = async (): Promise<string> => renderDoctor(await toDocument(options, root, seen, null, io), io)
  const report = (await reset?.(options, { root, seen, show }, io)) ?? null
  const document = await toDocument(options, root, report?.after ?? seen, report, io)
  io.out(options.json ? formatJson(document) : renderDoctor(document, io))
  const isProblem = document.findings.some((finding) => finding.severity === 'critical')
  const hasFailed = (document.reset_result?.failed.length ?? 0) > 0
  return isProblem || hasFailed ? EXIT.problem : EXIT.ok
}

/** Loads the clean-up code, only for `--reset`, and before the scan: the package may be replaced while the scan runs. */
async function loadReset() {
  return (await import('../doctor/reset.js')).resetSync
}

function readArguments(args: readonly string[]): Options {
  const values = readOptions(args, {
    reset: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    port: { type: 'string' },
  })
  for (const name of ['force', 'dry-run', 'port'] as const) {
    if (!values.reset && values[name] !== undefined && values[name] !== false) {
      throw new UsageError(`--${name} needs --reset`)
    }
  }
  return {
    reset: values.reset,
    force: values.force,
    dryRun: values['dry-run'],
    json: values.json,
    port: values.port === undefined ? null : readPort(values.port),
  }
}

function readPort(text: string): number {
  const { from, to } = syncDaemon.ports
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port >= from && port < to) return port
  throw new UsageError(`--port must be a port of the sync range, ${from} to ${to - 1}, not '${text}'`)
}

async function toDocument(
  options: Options,
  root: string,
  seen: Scan,
  report: CleanUpReport | null,
  io: Io,
): Promise<DoctorDocument> {
  const status = await syncDaemon.at(root).status({ seen })
  const self = installedSelf(io.executable)
  const config = await readConfig(root)
  return doctorDocument(seen, { root, self, env: io.env, status, config, report, isDryRun: options.dryRun })
}
