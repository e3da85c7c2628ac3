import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FamiliarError } from '../errors.js'
import type { PortRange } from '../identity/machine.js'
import { objectOf, parseJson, portOf } from '../json.js'
import { timingFromJson, type Timing } from '../protocol/daemon-timing.js'

/** The environment variable that names the directory of a sandbox (`familiar/testing`). It is set only in tests. */
export const SANDBOX_VARIABLE = 'FAMILIAR_SANDBOX'
export const SANDBOX_FILE = 'sandbox.json'

export interface SandboxOptions {
  /** The idle time after which the daemon exits; by default that of its definition. Fractions are allowed. */
  readonly idleTimeoutSeconds?: number | undefined
  /** How long a daemon waits for requests in flight when it shuts down. */
  readonly drainTimeoutSeconds?: number | undefined
  /** How often a daemon checks whether it must retire; by default a fifth of the idle time, at most the usual 30 s. */
  readonly tickSeconds?: number | undefined
}

/** The sandbox of a daemon in a test: its own directory for files, its own ports, and shorter times. */
export interface SandboxRead {
  readonly state: string
  readonly ports: PortRange
  readonly timing: Partial<Timing>
}

/**
 * Returns the part of the sandbox at `directory` that belongs to this daemon; null if the sandbox is for other daemons.
 * Throws `E_SCOPE_UNUSABLE` if the sandbox does not exist, because a test must not touch real files.
 */
export function readSandbox(directory: string, name: string): SandboxRead | null {
  const json = objectOf(parseJson(textOf(join(directory, SANDBOX_FILE))))
  if (json === null)
    throw new FamiliarError('E_SCOPE_UNUSABLE', `${SANDBOX_VARIABLE} names no sandbox: ${directory}`, {
      hint: `unset ${SANDBOX_VARIABLE}: only tests use it`,
    })
  const range = objectOf(objectOf(json['daemons'])?.[name])
  const [from, to] = [portOf(range?.['from']), portOf(range?.['to'])]
  if (from === null || to === null) return null
  const timing = timingFromJson(objectOf(json['timing']))
  return { state: join(directory, 'state', name), ports: { from, to }, timing }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
