/** What an effect of the shipped code is asked, and what it says: plain data, so that a history of it can be compared. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain }

/** Returns plain data as one word. */
export function textOf(data: Plain | undefined): string {
  return typeof data === 'string' ? data : JSON.stringify(data ?? null)
}

/** One effect that the shipped code is about to have: the scheduling point of the exploration. */
export interface Effect {
  readonly name: EffectName
  readonly args: readonly Plain[]
}

export type EffectName =
  | 'lock.try'
  | 'lock.look'
  | 'lock.take'
  | 'lock.close'
  | 'lock.holder'
  | 'record.read'
  | 'record.disk'
  | 'record.write'
  | 'record.mark'
  | 'handshake'
  | 'shutdown'
  | 'inspect'
  | 'listeners'
  | 'scan'
  | 'kill'
  | 'sleep'
  | 'spawn'
  | 'pipe.send'
  | 'pipe.receive'
  | 'pipe.close'
  | 'child.exit'
  | 'bind'
  | 'unlisten'
  | 'exit'
  | 'idle'
  | 'end'

/** What the record of the scope says, as far as the protocol depends on it. */
export type RecordView = {
  readonly pid: number
  readonly port: number
  readonly version: number
  readonly state: 'running' | 'stopped'
  readonly reason: string | null
}

/** One daemon as a scan sees it. */
export type SeenDaemon = { readonly pid: number; readonly version: number; readonly port: number }

export type ScanView = {
  readonly record: RecordView | null
  readonly holder: number | null
  readonly daemons: readonly SeenDaemon[]
}

/** The surroundings of one actor: its effects, its own clock, and what others may cause in it. */
export interface Effects {
  /** `client`: version of its installation. `daemon`: the same, and whether it is spawned. */
  readonly self: { readonly kind: 'client' | 'daemon'; readonly pid: number; readonly version: number }
  /** Milliseconds. Time passes only by `late`: otherwise every step takes none. */
  readonly clock: { now: number }
  readonly sync: (name: EffectName, ...args: readonly Plain[]) => Plain
  readonly async: (name: EffectName, ...args: readonly Plain[]) => Promise<Plain>
  /** What a daemon sees of its situation on a tick. */
  readonly situation: { scope: 'here' | 'absent'; isReplaced: boolean }
  /** What an idle daemon does on a signal, a request to leave, or a tick. */
  readonly events: Map<string, () => unknown>
}

/** A message on the startup pipe by its kind: nothing else of it matters to the protocol. */
export function tagOf(message: Readonly<Record<string, unknown>>): string {
  if ('reason' in message) return 'hello'
  if ('error' in message) return `error ${String((message['error'] as { code: unknown }).code)}`
  return Object.keys(message)[0] ?? ''
}
