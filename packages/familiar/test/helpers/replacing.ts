import { expect } from 'vitest'
import { connect } from '../../dist/client/connect.js'
import type { Found } from '../../dist/client/connect-request.js'
import type { PortRange } from '../../src/identity/machine.js'
import type { Self } from '../../src/identity/versions.js'
import { TEST_SELF } from '../fixtures/processes/daemon-family.mjs'
import { logged, logOf, requestFor, type Options } from './daemons.js'

/** Installations of several versions in one root, and what their commands get. */

export interface Installed {
  readonly protocol?: number
  readonly buildTime?: string
  /** What its daemon says of its version, where that is another one. */
  readonly reports?: string
  /** Where its daemon says that it is installed. */
  readonly home?: string
}

/** Returns an installation of this version: the daemon that it starts, and what it compares daemons with. */
export function installed(version: string, more: Installed = {}): Options & { readonly self: Self } {
  const { protocol = 1, buildTime, reports = version, home } = more
  const self = {
    ...TEST_SELF,
    packageVersion: version,
    protocolVersion: protocol,
    buildTime: buildTime ?? null,
    executable: `/installed/${version}/node`,
  }
  const args = [
    `--version=${reports}`,
    `--protocol=${protocol}`,
    ...(buildTime === undefined ? [] : [`--build-time=${buildTime}`]),
    ...(home === undefined ? [] : [`--home=${home}`]),
  ]
  return { args, change: { self }, self }
}

export type Connected = Extract<Found, { readonly outcome: 'connected' }>

/** Connects as a command of this installation. Fails the test when it gets no daemon. */
export async function connectAs(root: string, ports: PortRange, options: Options): Promise<Connected> {
  const connection = await connect(requestFor(root, ports, options))
  if (connection.outcome !== 'connected') throw new Error(`not connected: ${connection.reason}`)
  return connection
}

/** Connects as a command of this installation that must fail. Returns its error, and how long it took. */
export async function failAs(root: string, ports: PortRange, options: Options) {
  const began = performance.now()
  const error = await connect(requestFor(root, ports, options)).then(
    (connection) => expect.unreachable(`connected: ${JSON.stringify(connection)}`),
    (thrown: unknown) => thrown as Error,
  )
  return { error, ms: performance.now() - began }
}

/** Returns what the log says of every daemon that was started in this root, one after the other. */
export function startsIn(root: string): readonly Record<string, unknown>[] {
  return logged(logOf(root), 'started')
}
