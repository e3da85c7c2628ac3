import type { DaemonEntry } from '../api.js'

export type Condition = 'live' | 'in_use' | DaemonEntry['cleanup_class']

export interface StandingWords {
  readonly name: string
  /** The words after a number, as in `2 for you to decide`. */
  readonly counted: string
  /** What the condition means for the reader. */
  readonly meaning: string
}

/**
 * Returns the condition of a daemon: `live` for the one of this project or runtime root, `in_use` for one of another
 * (which is `never_touch` too), otherwise its cleanup class.
 */
export function conditionOf(daemon: DaemonEntry): Condition {
  if (daemon.is_live) return 'live'
  return daemon.skip_reason === 'is_recorded_singleton' ? 'in_use' : daemon.cleanup_class
}

/** Returns the last part of the path of the project or the runtime root that a daemon belongs to; null if that is not a path. */
export function projectOf({ scope }: DaemonEntry): string | null {
  const parts = (scope ?? '').split(/(?:\/|(?<=^[A-Za-z]:.*)\\)/)
  return parts.length < 2 ? null : (parts.findLast((part) => part !== '') ?? null)
}

export const CONDITIONS: Readonly<Record<Condition, StandingWords>> = {
  live: { name: 'Live', counted: 'live', meaning: 'This is the one in use.' },
  in_use: { name: 'In use', counted: 'of others in use', meaning: 'Another project or home uses it.' },
  safe_auto: {
    name: 'Stale',
    counted: 'stale',
    meaning: 'Every proof is there that it is not in use. A clean-up ends it.',
  },
  operator_required: {
    name: 'Needs you',
    counted: 'for you to decide',
    meaning: 'A proof is missing, or it may be in use. You decide.',
  },
  never_touch: {
    name: 'Left alone',
    counted: 'left alone',
    meaning: 'It is in use, or no daemon of spec-kitty.',
  },
}

/** What is known about a daemon that is left alone, by its `skip_reason`. */
const LEFT_ALONE: ReadonlyMap<string | null, string> = new Map([
  ['dashboard_family', 'It is a dashboard, on a port of sync.'],
  ['sync_family', 'It is a sync daemon, on a port of the dashboards.'],
  ['third_party', 'It is no daemon of spec-kitty.'],
  ['not_spec_kitty', 'It is no daemon of spec-kitty.'],
])

/** The text for a daemon that another project or runtime root uses, by its family. */
const IN_USE: Readonly<Record<string, string>> = {
  dashboard: 'It is the dashboard of another project.',
  sync: 'It is the sync daemon of another home.',
}

/** Returns what the condition of a daemon means for the reader. */
export function meaningOf(daemon: DaemonEntry): string {
  const condition = conditionOf(daemon)
  if (condition === 'in_use') return IN_USE[daemon.family] ?? CONDITIONS.in_use.meaning
  const known = condition === 'never_touch' ? LEFT_ALONE.get(daemon.skip_reason) : undefined
  return known ?? CONDITIONS[condition].meaning
}

const ORDER: readonly Condition[] = ['live', 'operator_required', 'safe_auto', 'in_use', 'never_touch']

/**
 * Returns the daemons in reading order: the live one, those that need the reader, stale ones, the others; within each
 * group by port.
 */
export function sortDaemons(daemons: readonly DaemonEntry[]): readonly DaemonEntry[] {
  return daemons.toSorted(
    (one, other) =>
      ORDER.indexOf(conditionOf(one)) - ORDER.indexOf(conditionOf(other)) ||
      (one.port ?? 0) - (other.port ?? 0),
  )
}

/** Returns one line for a family: `1 live, 2 stale`; null if it has no daemons. */
export function summariseDaemons(daemons: readonly DaemonEntry[]): string | null {
  const parts = ORDER.map((condition) => {
    const count = daemons.filter((daemon) => conditionOf(daemon) === condition).length
    return count === 0 ? null : `${count} ${CONDITIONS[condition].counted}`
  })
  return parts.filter((part) => part !== null).join(', ') || null
}
