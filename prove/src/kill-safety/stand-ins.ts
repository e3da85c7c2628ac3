import type { ChildProcess } from 'node:child_process'

/** Types for the stand-ins of this repository, which are JavaScript. */

export interface Started {
  readonly pid: number
  readonly child: ChildProcess
}

export interface Predecessor extends Started {
  readonly port: number
  readonly token: string
}

interface Predecessors {
  readonly spawnPredecessor: (options: Readonly<Record<string, unknown>>) => Promise<Predecessor>
  readonly writeSyncRecord: (root: string, fields: RecordFields) => string
  readonly writeDashboardRecord: (project: string, fields: RecordFields) => string
}

export interface RecordFields {
  readonly port: number
  readonly token: string
  readonly pid?: number
}

interface Hostiles {
  readonly spawnHostile: (
    kind: string,
    port: number,
    options?: { readonly host?: string; readonly payload?: unknown; readonly delayMs?: number },
  ) => Promise<Started>
}

interface CommandLines {
  readonly PYTHON: string
  readonly syncArguments: (port: number, token: string, root: string | undefined, version: string) => string[]
  readonly dashboardArguments: (port: number, token: string, project: string) => string[]
}

const load = async <T>(name: string): Promise<T> =>
  (await import(new URL(`../../../stand-ins/${name}`, import.meta.url).href)) as T

export const { spawnPredecessor, writeSyncRecord, writeDashboardRecord } =
  await load<Predecessors>('predecessor.mjs')
export const { spawnHostile } = await load<Hostiles>('hostile.mjs')
export const { PYTHON, syncArguments, dashboardArguments } = await load<CommandLines>(
  'predecessor-command-lines.mjs',
)
