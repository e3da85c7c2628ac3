import { createHash, randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import type { HelloEvent, ProjectHeader } from './api.js'
import { pageBuild } from './static-files.js'

export const PROJECT_HEADER: ProjectHeader = 'spec-kitty-project'

/** Returns how a dashboard identifies itself to a page. It contains nothing secret. */
export function identityOf(directory: string, version: string): HelloEvent {
  const id = createHash('sha256').update(directory).digest('hex').slice(0, 16)
  return {
    project: { id, name: basename(directory), path: directory },
    instance: randomBytes(8).toString('hex'),
    version,
    page: pageBuild(),
  }
}
