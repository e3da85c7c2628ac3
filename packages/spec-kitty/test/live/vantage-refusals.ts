import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Fleet } from './vantage-fleet.js'
import type { Vantage } from './vantage-places.js'

/** Vantages from which the kernel refuses something. */

const MOST_DESCRIPTORS = 40

/** System calls that the kernel refuses, as a sandbox or a security module does. */
export function refusals({ scopes, victims }: Fleet): readonly Vantage[] {
  const stats = (): readonly string[] => [...victims.values()].map(({ pid }) => `/proc/${pid}/stat`)
  return [
    { name: 'EPERM on connect', sight: 'nothing', prefix: refusing('connect', 'EPERM') },
    { name: 'EPERM on kill', sight: 'no_kill', prefix: refusing('kill', 'EPERM') },
    { name: 'EPERM on records', sight: 'no_record', prefix: refusing('openat', 'EPERM', scopes.records()) },
    { name: 'EPERM on locks', sight: 'no_lock', prefix: refusing('openat', 'EPERM', scopes.locks()) },
    {
      name: 'EMFILE on /proc',
      sight: 'starved',
      // A victim that was started again has another pid.
      get prefix() {
        return refusing('openat', 'EMFILE', stats())
      },
    },
  ]
}

/** The tracer is a grandchild: the command ends when it ends, also where it leaves a daemon. */
function refusing(call: string, error: string, paths: readonly string[] = []): readonly string[] {
  const only = paths.length === 0 ? ['--seccomp-bpf'] : paths.flatMap((path) => ['-P', path])
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:error=${error}`]
  return ['strace', '-D', '-f', '-qq', '-o', '/dev/null', ...only, ...inject]
}

/** From the lowest limit at which Node runs at all. */
export function limits(): readonly Vantage[] {
  return Array.from({ length: MOST_DESCRIPTORS }, (_, index) => index + 1).flatMap((count) => {
    const prefix = ['prlimit', `--nofile=${count}:${count}`]
    if (!runs([...prefix, process.execPath, '-e', '0'])) return []
    const isHopeless = !runs([...prefix, process.execPath, EMPTY])
    return [{ name: `${count} descriptors`, sight: 'short' as const, prefix, isHopeless }]
  })
}

/** A module that needs nothing but itself. */
const EMPTY = join(import.meta.dirname, '../fixtures/processes/empty.mjs')

function runs([command = '', ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
