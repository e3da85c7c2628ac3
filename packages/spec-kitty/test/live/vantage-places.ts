import { works, type Fleet } from './vantage-fleet.js'
import { emptyDirectories, makeChroots } from './vantage-chroots.js'
import { limits, refusals } from './vantage-refusals.js'
import { NOBODY } from './vantage-stands.js'

/**
 * What a command can do from a vantage.
 * `all`: everything. `short`: everything, or nothing for lack of descriptors. `same_files`: it may, and need not.
 * `token`: it can ask a daemon of its own scope to leave, and end no process. `nothing`: neither.
 * `no_record`, `no_lock`: those files of the fleet cannot be opened. `no_kill`: no signal may be sent.
 * `starved`: it lacks descriptors as soon as it reads the start time of a process of the fleet.
 */
export type Sight =
  | 'all'
  | 'short'
  | 'same_files'
  | 'token'
  | 'nothing'
  | 'no_record'
  | 'no_lock'
  | 'no_kill'
  | 'starved'

/** A place that a command is run from. */
export interface Vantage {
  readonly name: string
  readonly sight: Sight
  /** What stands before the command line. */
  readonly prefix: readonly string[]
  /** True where every command must refuse to look at any process. */
  readonly isBlind?: boolean
  /** True where even `node FILE` does not run. */
  readonly isHopeless?: boolean
}

export interface Places {
  readonly vantages: readonly Vantage[]
  /** Why some are missing on this machine. */
  readonly skipped: readonly string[]
  /** Empties what commands may have written in places that are not the fleet's. */
  tidy(): void
  end(): void
}

/** Returns every vantage of this machine. */
export function makePlaces(fleet: Fleet): Places {
  const chroots = makeChroots(fleet)
  const all = [...namespaces(fleet), ...chroots.vantages, ...refusals(fleet)]
  const vantages = all.filter(({ prefix }) => prefix.length === 0 || works(prefix))
  const missing = all.filter((one) => !vantages.includes(one))
  return {
    vantages: [...vantages, ...limits()],
    skipped: [
      ...missing.map(({ name, prefix }) => `${name}: ${prefix.join(' ').slice(0, 120)} does not work here`),
      ...chroots.skipped,
    ],
    tidy: chroots.tidy,
    end: chroots.end,
  }
}

function namespaces({ scopes: { base } }: Fleet): readonly Vantage[] {
  const pid = ['unshare', '--pid', '--fork', '--kill-child']
  const emptied = `mount -t tmpfs none ${base} && cd ${base} && mkdir -p ${emptyDirectories().join(' ')}`
  return [
    { name: 'same', sight: 'all', prefix: [] },
    { name: 'time', sight: 'token', prefix: ['unshare', '--time', '--boottime', '100000', '--fork'] },
    { name: 'network', sight: 'nothing', prefix: ['unshare', '--net', ...shell('ip link set lo up')] },
    { name: 'network, loopback down', sight: 'nothing', prefix: ['unshare', '--net'] },
    { name: 'pid, own /proc', sight: 'nothing', prefix: [...pid, '--mount-proc'] },
    { name: 'pid, /proc from outside', sight: 'nothing', prefix: pid, isBlind: true },
    { name: 'mount', sight: 'token', prefix: ['unshare', '--mount'] },
    { name: 'mount, other files', sight: 'nothing', prefix: ['unshare', '--mount', ...shell(emptied)] },
    { name: 'user namespace', sight: 'token', prefix: ['unshare', '--user', '--map-root-user'] },
    {
      name: 'another uid',
      sight: 'nothing',
      prefix: ['setpriv', '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'],
    },
  ]
}

function shell(script: string): readonly string[] {
  return ['sh', '-c', `${script} && exec "$@"`, 'sh']
}
