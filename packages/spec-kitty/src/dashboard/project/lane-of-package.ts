import type { WorkPackage } from '../api.js'
import { laneFolderOf } from './document-names.js'
import type { Log } from './event-log.js'
import { columnOf, laneNamed } from './lane-columns.js'
import type { PackageFile } from './package-file.js'
import { toMilliseconds } from './timestamps.js'

/** Where a package stands, and how it got there. */
export type PackageLane = Pick<
  WorkPackage,
  | 'lane'
  | 'lane_source'
  | 'column'
  | 'updated_at'
  | 'worktree'
  | 'lane_since'
  | 'history'
  | 'history_omitted'
  | 'sent_back'
>

export const NOWHERE: PackageLane = {
  lane: null,
  lane_source: null,
  column: null,
  updated_at: null,
  worktree: null,
  lane_since: null,
  history: [],
  history_omitted: 0,
  sent_back: 0,
}

/**
 * Returns the lane of a package. If the log moves any package, only the log counts: a package that it does not move is
 * not finalised, whatever its file says.
 */
export function laneOf(id: string, file: PackageFile | null, { lanes }: Log): PackageLane {
  const change = lanes.get(id)
  if (change !== undefined) {
    const { lane, at, worktree, history } = change
    return {
      lane,
      lane_source: 'events',
      column: columnOf(lane),
      updated_at: toMilliseconds(at),
      worktree,
      lane_since: toMilliseconds(history.since),
      history: history.changes,
      history_omitted: history.omitted,
      sent_back: history.sent_back,
    }
  }
  const said = lanes.size > 0 || file === null ? null : laneOfFile(file)
  return said === null ? NOWHERE : { ...NOWHERE, ...said, column: columnOf(said.lane) }
}

/**
 * Returns the lane of a package in a project without a log. Such projects kept the lane in the front matter and, before
 * that, kept the prompt in a folder named like the lane. There, moving the file moved the package, even if the front
 * matter was not updated.
 */
export function laneOfFile({
  document,
  fields,
}: PackageFile): (Pick<PackageLane, 'lane' | 'lane_source'> & { lane: string }) | null {
  const said = fields.lane === null ? null : laneNamed(fields.lane)
  const folder = laneFolderOf(document)
  const lane = folder === null ? null : laneNamed(folder)
  if (said !== null && (lane === null || lane === said)) return { lane: said, lane_source: 'front_matter' }
  return lane === null ? null : { lane, lane_source: 'folder' }
}

/** Returns the problem with a file whose folder names another lane than its front matter. */
export function contradictionIn(file: PackageFile, { lanes }: Log): string | null {
  const { lane } = file.fields
  const shown = lanes.size > 0 || lane === null ? null : laneOfFile(file)
  if (shown === null || lane === null || shown.lane_source !== 'folder') return null
  return `says ${lane} in its front matter and is in the folder of another lane, which counts`
}
