import { join } from 'node:path'
import { assertOwnScope } from 'familiar/cli'

/**
 * Throws `E_SCOPE_FOREIGN_OWNER` if the home, or one of our directories in it, belongs to another user. Call this before
 * writing there, because root must not leave files in a user's home that the user cannot change.
 */
export function assertOwnHome(root: string): void {
  const daemons = join(root, 'daemons')
  const directories = [root, daemons, join(daemons, 'sync'), join(daemons, 'dashboards')]
  assertOwnScope(directories, process.geteuid?.())
}

/**
 * Throws `E_SCOPE_FOREIGN_OWNER` if this process is root, and the project or our part of it belongs to another user,
 * because that user could not withdraw a consent that root gave. Other users get a permission error anyway where they may
 * not write.
 */
export function assertOwnProject(project: string): void {
  if (process.geteuid?.() !== 0) return
  const own = join(project, '.kittify')
  assertOwnScope([project, own, join(own, 'config.yaml')], 0)
}

/**
 * Throws `E_SCOPE_FOREIGN_OWNER` if the path belongs to another user or, for root, if it would be created in a directory
 * of another user.
 */
export function assertOwnPath(path: string): void {
  assertOwnScope([path], process.geteuid?.())
}
