/** The names of the parts of a project. */

export const SPECS = 'kitty-specs'
export const META = 'meta.json'
export const EVENTS = 'status.events.jsonl'

/** The directory of a project's git worktrees. It is hidden, so no path that can be requested leads into it. */
export const WORKTREES = '.worktrees'

/** Returns the path of a file in a mission, relative to the project. */
export function pathOf(id: string, name: string): string {
  return name === '' ? `${SPECS}/${id}` : `${SPECS}/${id}/${name}`
}

/** Returns the path of a file in a worktree's copy of a mission, relative to the project. */
export function pathInCopy(worktree: string, id: string, name: string): string {
  return `${WORKTREES}/${worktree}/${pathOf(id, name)}`
}
