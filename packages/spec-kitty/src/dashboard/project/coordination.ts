import type { Problem } from '../api.js'
import type { MissionContents } from './mission-contents.js'
import { WORKTREES } from './project-paths.js'
import type { Meta } from './read-meta.js'
import type { LogCopy } from './read-log-files.js'

/** What `meta.json` says about the worktree that contains the log of a coordinated mission. */
export type CoordinationNames = Pick<Meta, 'slugs' | 'short_id' | 'coordination_branch'>

/** The suffix of the worktree that contains the log of a coordinated mission. */
const SUFFIX = '-coord'

/** The beginning of a mission's id, if `meta.json` does not say the id. */
const ANY_SHORT_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{7}$/

const FINISHED: ReadonlySet<string> = new Set(['approved', 'done', 'canceled'])

/**
 * Returns whether a worktree is the coordination worktree of a mission, `SLUG-SHORTID-coord`. That of another mission has
 * a copy of this mission's log too, because every worktree is a checkout of all missions, but that copy is not kept up to
 * date.
 */
export function isCoordinationOf(worktree: string, id: string, names: CoordinationNames): boolean {
  const name = worktree.toLowerCase()
  if (worktreesOf(id, names).some((one) => one.toLowerCase() === name)) return true
  if (names.short_id !== null || !name.endsWith(SUFFIX)) return false
  const base = worktree.slice(0, -SUFFIX.length)
  return basesOf(id, names).some(
    (one) => base === one || (base.startsWith(`${one}-`) && ANY_SHORT_ID.test(base.slice(one.length + 1))),
  )
}

/**
 * Returns a problem if a merge would be suggested although the worktree with the newest log is missing: the log in the
 * main checkout may be outdated. Before that point, its lanes are the best information available, because a clone has no
 * worktrees.
 */
export function missingCopy(
  id: string,
  { meta, packages }: Pick<MissionContents, 'meta' | 'packages'>,
  copies: readonly LogCopy[],
): Problem | null {
  const isOver = packages.every(({ lane }) => lane === 'done' || lane === 'canceled')
  const isApproved = packages.every(({ lane }) => lane !== null && FINISHED.has(lane))
  const isEnded = (meta.merge_commit ?? meta.merged_at ?? meta.discarded_at) !== null
  if (!meta.is_coordinated || isEnded || isOver || !isApproved) return null
  if (copies.some(({ worktree }) => worktree !== null && isCoordinationOf(worktree, id, meta))) return null
  const what =
    'is not there or has no log of the mission, but meta.json says that the log is kept in this worktree'
  return { path: `${WORKTREES}/${worktreesOf(id, meta)[0] ?? id}`, what }
}

/** Returns the names that the coordination worktree of a mission may have, the most likely first. */
function worktreesOf(id: string, names: CoordinationNames): readonly string[] {
  const { short_id, coordination_branch } = names
  const branch = coordination_branch
    ?.split('/')
    .at(-1)
    ?.replace(/^mission-/, '')
  const named = basesOf(id, names).map((base) =>
    short_id === null || base.endsWith(`-${short_id}`) ? base : `${base}-${short_id}`,
  )
  const all = [...named, ...(branch === undefined || branch === '' ? [] : [branch])]
  return all.map((one) => (one.endsWith(SUFFIX) ? one : one + SUFFIX))
}

/** Returns the names of a mission with which the names of its worktrees begin. */
function basesOf(id: string, { slugs }: CoordinationNames): readonly string[] {
  const names = [...slugs, id]
  return [...new Set([...names, ...names.map((name) => name.replace(/^\d+-/, ''))])]
}
