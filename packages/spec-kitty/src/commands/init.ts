import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FamiliarError } from 'familiar'
import { EXIT, note, parseCommand, type Io, realPath } from 'familiar/cli'
import { INIT } from '../cli/describe/project.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { projectOf, resolveHere } from '../daemons/project-directory.js'
import { startDashboard } from '../dashboard/start-dashboard.js'

/** Creates a project and starts its dashboard. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, operands } = parseCommand(INIT, args, { command: 'init' })
  const { json } = values
  const wanted = resolveHere(operands[0] ?? '.', io)
  // A wrong value of SPEC_KITTY_HOME is reported before anything is created.
  runtimeRoot(io)
  const place = projectOf(wanted)
  const isNew = makeProject(place)
  const project = realPath(place) ?? place
  if (!json) note(io, isNew ? `made ${project} a project` : `${project} is a project already`)
  await startDashboard({ project, port: null, isOpened: false, isJson: json }, io)
  return EXIT.ok
}

/**
 * Creates `.kittify` with the permissions that the user's umask gives, because a project is not secret. Returns
 * whether it was missing.
 */
function makeProject(directory: string): boolean {
  const marker = join(directory, '.kittify')
  try {
    const first = mkdirSync(marker, { recursive: true })
    if (!statSync(marker).isDirectory()) throw new Error('it is not a directory')
    return first !== undefined
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new FamiliarError('E_SCOPE_UNUSABLE', `cannot make ${marker}: ${why}`, {
      hint: 'name a directory that this user can write to',
      cause: error,
    })
  }
}
