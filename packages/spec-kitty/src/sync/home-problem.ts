import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Returns why no daemon could start in this home, because nothing can be written there; null if something can. A home that does
 * not exist yet is judged by the directory in which it would be made.
 */
export function homeProblem(root: string): string | null {
  try {
    accessSync(root, constants.W_OK)
    return null
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    const above = dirname(root)
    if (code === 'ENOENT' && above !== root) return homeProblem(above)
    return code === 'EROFS'
      ? `${root} is on a read-only file system`
      : `${root} cannot be written to (${code})`
  }
}
