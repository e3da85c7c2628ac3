import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLI, smallEnvironment, withoutWaits, type Ran } from '../helpers/cli.js'
import type { SyncRoot } from './sync-root.js'

/**
 * Returns a function that runs a command line as a person would who copied it from our output: in a shell, with
 * `spec-kitty` on the path and the root in the environment.
 */
export function makeShell({ base, env }: SyncRoot): (line: string) => Ran {
  const bin = join(base, 'bin')
  const command = join(bin, 'spec-kitty')
  mkdirSync(bin, { recursive: true })
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`)
  chmodSync(command, 0o755)
  return (line) => {
    const small = smallEnvironment(env)
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
      env: { ...small, PATH: `${bin}:${small['PATH']}` },
      encoding: 'utf8',
      timeout: 60_000,
    })
    return { status, stdout, ...withoutWaits(stderr) }
  }
}
