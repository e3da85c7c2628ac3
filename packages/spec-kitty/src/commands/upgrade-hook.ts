import type { StaleResult } from 'familiar'
import { asksForJson, EXIT, printable, printJson, parseOptions, reportFailure, type Io } from 'familiar/cli'
import { UPGRADE_HOOK } from '../cli/describe/project.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/define-daemons.js'

/** Ends a stale sync daemon. Errors are reported on stderr; the exit code is always 0. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    const { json } = parseOptions(UPGRADE_HOOK, args, { command: 'upgrade-hook' })
    const result = await syncDaemon.at(runtimeRoot(io)).stopOutdated()
    print(result, io, json)
  } catch (error) {
    reportFailure(error, io, asksForJson(args), false)
  }
  return EXIT.ok
}

function print(result: StaleResult, io: Io, isJson: boolean): void {
  if (isJson) {
    const version = result.outcome === 'none' ? null : result.packageVersion
    return printJson({ outcome: result.outcome, package_version: version }, io)
  }
  if (result.outcome === 'none') return
  const version = printable(result.packageVersion ?? 'unknown')
  if (result.outcome === 'kept') io.out(`the sync daemon of version ${version} stays\n`)
  else io.out(`ended the sync daemon of version ${version}; the next command starts a new one\n`)
}
