/** The exploration's replacement for the machine (the platform, observe/scan.js). See shims.ts. */
import { classify } from '../../../packages/familiar/dist/classify/classify.js'
import { factsOf } from '../../../packages/familiar/dist/classify/derive-facts.js'
import type { Observation, ScanContext } from '../../../packages/familiar/dist/classify/observation.js'
import type { Family } from '../../../packages/familiar/dist/family.js'
import type { Host, ProcessView } from '../../../packages/familiar/dist/identity/machine.js'
import { matchShapes } from '../../../packages/familiar/dist/identity/spawn-shape.js'
import { prove } from '../../../packages/familiar/dist/observe/prove-process.js'
import type { Platform } from '../../../packages/familiar/dist/observe/platform/platform.js'
import type { Scan } from '../../../packages/familiar/dist/observe/scan.js'
import type { Effects, ScanView } from './effects.js'
import { commandOf, HOST, reportOf, SCOPE } from './scene.js'
import { readOf } from './shims-record.js'

declare const effects: Effects

function processOf(pid: number, version: number, isStranger = false): ProcessView {
  return {
    pid,
    parent: 1,
    startTime: isStranger ? `later-${pid}` : `start-${pid}`,
    user: HOST.user,
    command: { args: isStranger ? ['editor'] : commandOf(version) },
    executable: 'node',
    executableGone: false,
    workingDirectoryGone: false,
    workingDirectory: SCOPE,
    namespaces: HOST.namespaces,
    networkNamespace: HOST.networkNamespace,
    ageSeconds: 1,
    startedAt: null,
    memoryBytes: null,
    cpuSeconds: 0,
  }
}

async function inspect(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessView>> {
  const { pid, version } = effects.self
  if (pids.every((one) => one === pid)) return new Map([[pid, processOf(pid, version)]])
  const others = pids.filter((one) => one !== pid)
  const found = (await effects.async('inspect', ...others)) as readonly (readonly [number, number])[]
  const seen = found.map(([one, kind]) => [one, processOf(one, Math.abs(kind), kind < 0)] as const)
  return new Map([...(pids.includes(pid) ? [[pid, processOf(pid, version)] as const] : []), ...seen])
}

export const platform: Platform = {
  name: 'linux',
  host: async (): Promise<Host> => ({ ...HOST, pid: effects.self.pid }),
  listeners: async ({ from }) => {
    const found = (await effects.async('listeners', from)) as readonly number[]
    return found.map((pid) => listenerOf(pid, from))
  },
  holders: async () => new Map(),
  matching: async () => null,
  inspect,
  startTimes: async () => new Map(),
  lockHolder: async () => {
    const pid = (await effects.async('lock.holder')) as number | null
    return pid === null ? null : { pid, startTime: `start-${pid}` }
  },
  environment: async () => null,
}

function listenerOf(pid: number, port: number) {
  return { port, address: '127.0.0.1', socket: `socket-${pid}`, user: HOST.user, pid }
}

/**
 * One scan of the whole machine. Only the reading is replaced: the facts, the verdict and the proof come from the shipped
 * code.
 */
export async function scan(family: Family): Promise<Scan> {
  const { record, holder, daemons } = (await effects.async('scan')) as ScanView
  const here = {
    real: SCOPE,
    gone: false,
    unchangedSinceMs: null,
    above: null,
    ownSinceMs: null,
    records: [readOf(record)],
    sharedOwnerPresent: null,
    owner: HOST.user,
    directory: SCOPE,
    lockTouchedAt: null,
    lockHolder: holder === null ? null : { pid: holder, startTime: `start-${holder}` },
  }
  const alive = new Map(daemons.map(({ pid, version }) => [pid, processOf(pid, version)]))
  const { user, namespaces, networkNamespace } = HOST
  const host = { ...HOST, pid: effects.self.pid }
  const context: ScanContext = {
    user,
    namespaces,
    networkNamespace,
    machine: host,
    here,
    scopes: new Map([[SCOPE, here]]),
    alive,
    inspectedMs: 0,
  }
  const seen = daemons.map(({ pid, version, port }): Observation => {
    const process = processOf(pid, version)
    return {
      port,
      listeners: [listenerOf(pid, port)],
      pid,
      process,
      answer: 'self_report',
      report: reportOf(pid, port, version),
      shape: process.command === null ? null : matchShapes(family.shapes, process.command),
      otherFamily: null,
      ownsToken: record?.pid === pid,
      forkedFrom: [],
      heldDirectory: null,
      namedScopes: [SCOPE],
    }
  })
  const candidates = seen.map((observation) => {
    const facts = factsOf(family, observation, context, seen)
    const verdict = classify(family.rules, family.reasonNames, facts)
    return { observation, facts, verdict, proof: prove(family, observation, facts) }
  })
  return { family, host, context, candidates }
}
export const FOREIGN_SCOPES_TIMEOUT_MS = 3_000
