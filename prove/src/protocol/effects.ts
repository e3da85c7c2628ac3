/** The arguments and the result of an effect of the shipped code, as plain data, so that histories can be compared. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain }

/** Returns plain data as one word of text. */
export function textOf(data: Plain | undefined): string {
  return typeof data === 'string' ? data : JSON.stringify(data ?? null)
}

/** The next effect of the shipped code. At each effect, the exploration decides which actor continues. */
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

/** The part of the scope's record that the protocol depends on. */
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

/** The environment of one actor: its effects, its own clock, and the events that others may cause in it. */
export interface Effects {
  /** For a `client`, the version of its installation; for a `daemon`, also whether it was spawned. */
  readonly self: { readonly kind: 'client' | 'daemon'; readonly pid: number; readonly version: number }
  /** Milliseconds. Time passes only through `late`; every other step takes none. */
  readonly clock: { now: number }
  readonly sync: (name: EffectName, ...args: readonly Plain[]) => Plain
  readonly async: (name: EffectName, ...args: readonly Plain[]) => Promise<Plain>
  /** What a daemon finds out about itself on a tick. */
  readonly situation: { scope: 'here' | 'absent'; isReplaced: boolean }
  /** The reactions of an idle daemon to a signal, a request to exit, or a tick. */
  readonly events: Map<string, () => unknown>
  /** Ends the exploration: what is explored is not the shipped code, because it fails where that would not. */
  readonly fail: (why: string) => void
}

/** Returns the kind of a message on the startup pipe, because nothing else in it matters to the protocol. */
export function tagOf(message: Readonly<Record<string, unknown>>): string {
  if ('reason' in message) return 'hello'
  if ('error' in message) return `error ${String((message['error'] as { code: unknown }).code)}`
  return Object.keys(message)[0] ?? ''
}
