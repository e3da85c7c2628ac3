import type { CleanUpReport } from '../../act/clean-up.js'
import {
  doctorDocument,
  type DoctorAddition,
  type DoctorDocument,
  type DocumentParts,
} from '../../doctor/document.js'
import type { Circumstances, Tool } from '../../doctor/identity-record.js'
import { definitionOf } from '../../define/define-daemon.js'
import { lookCommandOf } from '../../define/hints.js'
import { changingNow } from '../../observe/changing-now.js'
import { selectPlatform } from '../../observe/platform/select.js'
import { readOwnRecord } from '../../observe/read-records.js'
import type { Scan } from '../../observe/scan.js'
import { uninstalledIn } from '../../observe/uninstalled.js'
import { DAEMON_GRAMMARS } from '../daemon-grammars.js'
import { EXIT } from '../exit-codes.js'
import { note, readingTerminal } from '../io.js'
import { printJson } from '../print-json.js'
import type { renderDoctor } from '../render-doctor.js'
import { parseOptions } from '../parse.js'
import type { CommandContext } from '../run.js'
import { verdictOf } from '../../doctor/verdict.js'
import { assertListener } from '../assert-listener.js'
import { endedByItself } from '../ended-by-itself.js'
import { toolOf } from '../describe-candidate.js'

interface Options {
  readonly reset: boolean
  readonly force: boolean
  readonly dryRun: boolean
  readonly json: boolean
  /** True if a warning also makes the command exit with 1. */
  readonly isStrict: boolean
  readonly port: number | null
}

interface Examined {
  readonly document: DoctorDocument
  readonly addition: DoctorAddition
  /** The port that the user named. */
  readonly named: number | null
  readonly byItself: string | null
}

/** Scans the range, cleans it up with `--reset`, and prints the state of the machine after that. */
export async function run(args: readonly string[], context: CommandContext): Promise<number> {
  const { daemon, io, beside } = context
  const options = readArguments(args, context)
  // Without a scope, this throws before anything else is done.
  const { scope } = daemon
  if (options.reset && !options.dryRun) io.mayEnd?.(lookCommandOf(context.words))
  const reset = options.reset ? await loadReset() : null
  const obstacle = context.obstacle?.(scope) ?? null
  const render = options.json ? null : await loadRender()
  // Before the scan: a command that ends while the scan runs may be why its rows look odd.
  const busy = await noteChanges(context, scope)
  const seen = await daemon.scan({ forCleanUp: reset !== null, beside })
  if (options.port !== null) assertListener(seen, options.port)
  const at = { ...context, scope, isDryRun: options.dryRun, named: options.port }
  const report = (await reset?.(daemon, { ...options, obstacle, busy }, seen, io)) ?? null
  const last = report?.after ?? seen
  // A clean-up that took the lock has waited for the other command.
  const now = { obstacle, busy: last === seen ? busy : null }
  const examined = await examine(last, report, { ...at, now })
  if (render === null) printJson(examined.document, io)
  else io.out(shown(examined, { ...options, ...now }, context, render))
  return exitFor(examined.document, options.isStrict)
}

/**
 * Says that another command is at work, because a daemon that is just starting or ending looks odd meanwhile. The daemon of
 * the scope takes the same lock to clean up stale ones. Returns its process; null if none is known to be at work.
 */
async function noteChanges({ daemon, words, io }: CommandContext, scope: string): Promise<number | null> {
  const { family } = definitionOf(daemon)
  const pid = await changingNow(family, scope, await selectPlatform())
  if (pid === null) return null
  const who =
    readOwnRecord(family, scope)?.pid === pid
      ? `the ${words.title} (process ${pid}) is cleaning up stale ones`
      : `another command (process ${pid}) is starting, ending or cleaning up ${words.title}s`
  note(io, `${who} of this ${words.scope}: what is shown may change`)
  return pid
}

/**
 * Loads the clean-up code, which only `--reset` needs. It is loaded before the scan, because the package may be replaced
 * while the scan runs.
 */
async function loadReset() {
  return (await import('../reset-range.js')).resetRange
}

/** Loads the code that renders the result, also before the scan. */
async function loadRender() {
  return (await import('../render-doctor.js')).renderDoctor
}

function readArguments(args: readonly string[], { daemon }: CommandContext): Options {
  const values = parseOptions(DAEMON_GRAMMARS.doctor, args, { command: 'doctor', ports: daemon.ports })
  return {
    reset: values.reset,
    force: values.force,
    dryRun: values['dry-run'],
    json: values.json,
    isStrict: values.strict,
    port: values.port ?? null,
  }
}

async function examine(
  seen: Scan,
  report: CleanUpReport | null,
  context: CommandContext & Pick<DocumentParts, 'scope' | 'isDryRun' | 'named'> & Pick<Tool, 'now'>,
): Promise<Examined> {
  const { daemon, doctor: extend, scope, isDryRun, named = null, now } = context
  const status = await daemon.status({ seen })
  const addition = (await extend?.({ scope, status })) ?? {}
  const tool = { ...toolOf(daemon, addition.record), ...(now === undefined ? {} : { now }) }
  const uninstalled = await uninstalledIn(seen, tool.self)
  const parts = { scope, status, report, isDryRun, named, tool, addition, uninstalled }
  // It needs the same lock as this command.
  const byItself = now?.obstacle == null ? endedByItself(seen, tool.words) : null
  return { document: doctorDocument(seen, parts), addition, named, byItself }
}

function shown(
  { document, addition, named, byItself }: Examined,
  { force: isForced, obstacle }: Pick<Options, 'force'> & Circumstances,
  { words, io, daemon }: CommandContext,
  render: typeof renderDoctor,
): string {
  const { packageVersion: version } = toolOf(daemon).self
  const head = addition.head ?? [[words.scope, daemon.scope]]
  const { from, to } = daemon.ports
  const ports = `ports ${from}-${to - 1}`
  const { why = {} } = addition
  const userHome = io.env['HOME']
  const { isQuiet = false, isVerbose } = io
  const text = { head, words, ports, why, obstacle, named, version, isForced, userHome, byItself }
  return render(document, text, { ...readingTerminal(io), isQuiet, isVerbose })
}

function exitFor({ findings, reset_result: result }: DoctorDocument, isStrict: boolean): number {
  const { problems } = verdictOf(findings)
  const isProblem = problems.some(({ severity }) => isStrict || severity === 'critical')
  return isProblem || (result?.failed.length ?? 0) > 0 ? EXIT.problem : EXIT.ok
}
