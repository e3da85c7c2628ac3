import type { DoctorRecord } from '../doctor/choose-remedy.js'

/** A row of the table: one listener, or several that are shown as one. */
export type ShownRow = DoctorRecord & {
  /** All that the row stands for, at least one, in the order of their ports. */
  readonly all: readonly DoctorRecord[]
}

/** The number of listeners from which alike ones get a single row. */
const FOLDED = 4

/**
 * Folds the listeners of a process that is left alone into one row. With `isAlikeFolded`, also processes about which the table
 * says the same: those that are proven stale, and those that are left alone. What needs a decision, what is in use and the
 * live daemon always have rows of their own. Each row stands where its first listener stood.
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

/** The processes that a row stands for. */
export function processesOf({ all }: ShownRow): number {
  return new Set(all.map(({ pid }) => pid)).size
}

function processOf(record: DoctorRecord): string | null {
  const { pid, skip_reason, rule } = record
  return pid === null || !isLeft(record) ? null : [pid, skip_reason, rule].join(' ')
}

/** Versions do not matter: folded rows are treated alike, and the row shows the range of their versions. */
function kindOf(record: DoctorRecord, reason: string): string | null {
  const { cleanup_class, rule, daemon_root, singleton_scope_id, package_version } = record
  if (cleanup_class !== 'safe_auto' && !isLeft(record)) return null
  const isVersioned = package_version !== null
  return JSON.stringify([cleanup_class, rule, reason, daemon_root ?? singleton_scope_id, isVersioned])
}

function isLeft({ cleanup_class, skip_reason }: DoctorRecord): boolean {
  return cleanup_class === 'never_touch' && skip_reason !== 'is_recorded_singleton'
}
