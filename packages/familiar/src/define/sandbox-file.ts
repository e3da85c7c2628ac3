import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FamiliarError } from '../errors.js'
import type { PortRange } from '../identity/machine.js'
import { objectOf, parseJson, portOf } from '../json.js'
import { timingFromJson, type Timing } from '../protocol/startup-pipe.js'

/** Names the directory of a sandbox (`familiar/testing`): set only in the environment of tests. */
export const SANDBOX_VARIABLE = 'FAMILIAR_SANDBOX'
export const SANDBOX_FILE = 'sandbox.json'

/** What a test has for itself: a place for files, ports that nobody else uses, and shorter times. */
export interface Sandbox {
  readonly directory: string
  readonly ports: PortRange
  readonly timing: Partial<Timing>
}

/** Returns the sandbox that this process runs in, null for none. Throws if it is named and cannot be read. */
export function readSandbox(env: Readonly<Record<string, string | undefined>>): Sandbox | null {
  const directory = env[SANDBOX_VARIABLE]
  if (directory === undefined || directory === '') return null
  const json = objectOf(parseJson(textOf(join(directory, SANDBOX_FILE))))
  const [from, to] = [portOf(json?.['from']), portOf(json?.['to'])]
  if (json === null || from === null || to === null)
    throw new FamiliarError('E_SCOPE_UNUSABLE', `${SANDBOX_VARIABLE} names no sandbox: ${directory}`, {
      hint: `unset ${SANDBOX_VARIABLE}: only tests use it`,
    })
  return {
    directory: join(directory, 'state'),
    ports: { from, to },
    timing: timingFromJson(objectOf(json['timing'])),
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
