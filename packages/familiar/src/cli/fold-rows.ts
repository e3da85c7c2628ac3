import type { DoctorRecord } from '../doctor/choose-remedy.js'

/** A row of the table: one listener, or several that are shown as one. */
export type ShownRow = DoctorRecord & {
  /** All listeners that the row represents, at least one, sorted by port. */
  readonly all: readonly DoctorRecord[]
}

/** From this number of similar listeners on, they share one row. */
const FOLDED = 4

/**
 * Folds the listeners of a process that is left alone into one row. With `isAlikeFolded`, also folds processes with the
 * same text in the table: proven stale ones, and ones that are left alone. The live daemon, processes in use and those
 * that need a decision always have their own rows. A folded row takes the place of its first listener.
 */
export function foldRows(
  records: readonly DoctorRecord[],
  reasonOf: (record: DoctorRecord) => string,
  isAlikeFolded: boolean,
): readonly ShownRow[] {
  const keyOf = (record: DoctorRecord): string | null =>
    isAlikeFolded ? kindOf(record, reasonOf(record)) : processOf(record)
  const groups = new Map<string, DoctorRecord[]>()
  for (const [index, record] of records.entries()) {
    const key = keyOf(record) ?? String(index)
    groups.set(key, [...(groups.get(key) ?? []), record])
  }
  const shown = new Set<string>()
  return records.flatMap((record) => {
    const key = keyOf(record)
    const all = key === null ? [record] : (groups.get(key) ?? [record])
    if (key === null || all.length < FOLDED) return [{ ...record, all: [record] }]
    if (shown.has(key)) return []
    shown.add(key)
    return [{ ...record, all }]
  })
}

/** Returns the number of processes that a row represents. */
export function processesOf({ all }: ShownRow): number {
  return new Set(all.map(({ pid }) => pid)).size
}

function processOf(record: DoctorRecord): string | null {
  const { pid, skip_reason, rule } = record
  return pid === null || !isLeft(record) ? null : [pid, skip_reason, rule].join(' ')
}

/**
 * Returns a key; rows with the same key are folded. Versions are not part of it, because all of them are treated the same
 * way and the row shows their range.
 */
function kindOf(record: DoctorRecord, reason: string): string | null {
  const { cleanup_class, rule, daemon_root, singleton_scope_id, package_version } = record
  if (cleanup_class !== 'safe_auto' && !isLeft(record)) return null
  const isVersioned = package_version !== null
  return JSON.stringify([cleanup_class, rule, reason, daemon_root ?? singleton_scope_id, isVersioned])
}

function isLeft({ cleanup_class, skip_reason }: DoctorRecord): boolean {
  return cleanup_class === 'never_touch' && skip_reason !== 'is_recorded_singleton'
}
