import { join } from 'node:path'
import { assertOwnScope } from 'familiar/cli'

/**
 * Throws `E_SCOPE_FOREIGN_OWNER` if the home, or one of our directories in it, belongs to another user. Call this before
 * anything is written there: root in the home of a user must leave nothing behind that the user cannot change.
 */
export function assertOwnHome(root: string): void {
  const daemons = join(root, 'daemons')
  const directories = [root, daemons, join(daemons, 'sync'), join(daemons, 'dashboards')]
  assertOwnScope(directories, process.geteuid?.())
}

/**
 * Throws `E_SCOPE_FOREIGN_OWNER` for root if the project, or what we write in it, belongs to another user, who could not opt
 * out any more of a consent that root gave. Other users get a permission error where they may not write.
 */
export function assertOwnProject(project: string): void {
  if (process.geteuid?.() !== 0) return
  const own = join(project, '.kittify')
  assertOwnScope([project, own, join(own, 'config.yaml')], 0)
}

/** Throws `E_SCOPE_FOREIGN_OWNER` if the path belongs to another user, or, for root, would be made in what belongs to another. */
export function assertOwnPath(path: string): void {
  assertOwnScope([path], process.geteuid?.())
}
