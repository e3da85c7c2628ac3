import { readdirSync, readFileSync } from 'node:fs'
import { argumentsOf } from '../helpers/dashboards.js'
import { startTicksOf, withoutForks } from '../helpers/machine.js'

/** Processes as /proc shows them. Nothing here shares a line with the code that is tested. */

const MARKERS = ['--spec-kitty-daemon-root=', '--spec-kitty-dashboard-project=']

interface Named {
  readonly pid: number
  readonly args: readonly string[]
}

function processes(): readonly Named[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), args: argumentsOf(name) }))
    .filter(({ pid, args }) => args.length > 0 && startTicksOf(pid) !== null)
}

function scopeOf({ args }: Named): string | null {
  const marker = args[1]?.endsWith('/spec-kitty-daemon.js') ? args[3] : undefined
  const form = MARKERS.find((one) => marker?.startsWith(one))
  return form === undefined ? null : (marker?.slice(form.length) ?? null)
}

/** Returns every process with the command line of a daemon of ours whose scope lies below this directory. */
export function daemonsBelow(base: string): readonly number[] {
  return withoutForks(processes().filter((one) => scopeOf(one)?.startsWith(`${base}/`))).map(({ pid }) => pid)
}

/** Returns the daemon of ours that serves this scope. */
export function daemonOf(path: string): number {
  const found = withoutForks(processes().filter((one) => scopeOf(one) === path))
  if (found.length !== 1) throw new Error(`${found.length} daemons serve ${path}`)
  return found[0]?.pid ?? 0
}

/** Returns the children of a process. */
export function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}
