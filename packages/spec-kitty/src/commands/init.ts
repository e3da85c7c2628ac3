import { statSync } from 'node:fs'
import { join } from 'node:path'
import { FamiliarError } from 'familiar'
import {
  EXIT,
  makeDirectory,
  note,
  parseCommand,
  printJson,
  realPath,
  warn,
  writeHint,
  type Io,
} from 'familiar/cli'
import { INIT } from '../cli/describe/project.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { assertOwnHome, assertOwnPath, assertOwnProject } from '../cli/own-places.js'
import { assertCanBeProject, projectOf, resolveHere } from '../daemons/project-directory.js'
import { WORDS } from '../daemons/user-words.js'
import { startDashboard } from '../dashboard/start-dashboard.js'
import { dashboardsObstacle } from '../sync/home-problem.js'

/** Creates a project and starts its dashboard. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, operands } = parseCommand(INIT, args, { command: 'init' })
  const { json } = values
  const wanted = resolveHere(operands[0] ?? '.', io)
  // Reports a home or project in which a dashboard could not be started before creating anything.
  assertOwnHome(runtimeRoot(io))
  const place = projectOf(wanted)
  assertCanBeProject(realPath(place) ?? place)
  assertOwnPath(place)
  assertOwnProject(place)
  const isNew = makeProject(place)
  const project = realPath(place) ?? place
  if (!json) note(io, isNew ? `made ${project} a project` : `${project} is a project already`)
  try {
    const obstacle = dashboardsObstacle(runtimeRoot(io))
    await startDashboard({ project, port: null, isOpened: false, isJson: json, obstacle }, io)
    if (!json) note(io, `its dashboard runs there now; to stop it: ${WORDS.dashboard.stop}`)
  } catch (error) {
    // The project was created, as the user wanted. If it has no running dashboard, that is the user's choice too.
    if (!(error instanceof FamiliarError) || error.code !== 'E_DAEMON_SKIPPED') throw error
    if (json) printJson({ ...NO_DASHBOARD, project }, io)
    else warn(io, error.message)
  }
  return EXIT.ok
}

const NO_DASHBOARD = {
  outcome: 'skipped',
  start_reason: null,
  replaced_version: null,
  url: null,
  pid: null,
  port: null,
  package_version: null,
  protocol_version: null,
}

/**
 * Creates `.kittify` with the permissions that the user's umask gives, because a project is not secret. Returns
 * whether it was missing.
 */
function makeProject(directory: string): boolean {
  const marker = join(directory, '.kittify')
  try {
    const isNew = makeDirectory(marker, 0o777)
    if (!statSync(marker).isDirectory()) throw new Error('it is not a directory')
    return isNew
  } catch (error) {
    const { code = null } = error as NodeJS.ErrnoException
    throw new FamiliarError(
      'E_SCOPE_UNUSABLE',
      `cannot make ${marker}: ${code ?? (error as Error).message}`,
      {
        hint: code === null ? 'name a directory that this user can write to' : writeHint(directory, code),
        cause: error,
      },
    )
  }
}
