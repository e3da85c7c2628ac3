import type { StaleResult } from 'familiar'
import { EXIT, printable, printJson, readOptions, reportFailure, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/daemons.js'

export const help = `Usage: spec-kitty upgrade-hook [--json]

For the post-install script of a package: retires this user's sync daemon where it is of an
older version than the one just installed, and starts none; the next command does. Takes half a
minute at the very most, and its exit code is always 0: an upgrade must not fail because of a
daemon.
`

/** Retires a stale sync daemon. Errors are reported on stderr; the exit code is always 0. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    const { json } = readOptions(args, { json: { type: 'boolean', default: false } })
    const result = await syncDaemon.at(runtimeRoot(io)).stopOutdated()
    print(result, io, json)
  } catch (error) {
    reportFailure(error, io, args.includes('--json'), false)
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
  else io.out(`retired the sync daemon of version ${version}; the next command starts a new one\n`)
}
