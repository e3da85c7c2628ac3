import { WORDS } from '../daemons/words.js'
import { printable, type Io } from '../cli/io.js'
import { printJson } from '../cli/json.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { readOptions } from '../cli/usage.js'
import { describeState, isPresent, statusExit } from '../daemons/status.js'
import { readStatus, type SyncStatus } from '../sync/status.js'

export const help = `Usage: spec-kitty sync status [--check] [--json]

Shows the sync daemon of this root: whether it runs, since when, its version beside that of
this command, the last stop and why, and whether commands may start it on their own.
Exit 1 when it is there and does not answer; with --check 0 only when it runs.
`

/** Shows the state of the sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const flag = { type: 'boolean', default: false } as const
  const { json, check } = readOptions(args, { json: flag, check: flag })
  const status = await readStatus(runtimeRoot(io), io.env)
  if (json) printJson(status, io)
  else io.out(`${render(status).map(printable).join('\n')}\n`)
  return statusExit(status.state, check)
}

function render(status: SyncStatus): readonly string[] {
  const { state, package_version, protocol_version, last_stop } = status
  const python = status.is_predecessor ? ' (the Python spec-kitty)' : ''
  return [
    `daemon     ${describe(status)}${python}`,
    ...(isPresent(state)
      ? [`version    ${package_version ?? 'unknown'}, protocol ${protocol_version ?? 'unknown'}`]
      : []),
    `command    ${status.cli_version}`,
    ...(last_stop === null ? [] : [`last stop  ${last_stop.at ?? 'unknown'}: ${last_stop.reason}`]),
    `last sync  ${status.last_sync ?? 'never'}`,
    `automatic  ${status.automatic_start_skipped === null ? 'commands may start it' : `not started by commands: ${status.automatic_start_skipped}`}`,
    `log        ${status.log}`,
  ]
}

function describe(status: SyncStatus): string {
  const { state, pid, port, uptime_seconds } = status
  if (state !== 'running') return describeState(status, WORDS.sync.stop)
  const at = `process ${pid ?? 'unknown'}, port ${port}`
  return uptime_seconds === null ? `running, ${at}` : `running for ${uptime_seconds} s, ${at}`
}
