import { FamiliarError } from '../errors.js'

/** A process that was told to end. */
export interface Ending {
  readonly pid: number
  /** The port on which it listened. */
  readonly port: number | null
  /** Returns what it does now. `hidden`: it runs, and has closed its port, so a scan of the ports does not show it. */
  readonly look: () => Promise<'gone' | 'running' | 'hidden'>
}

/** What a command line knows about the processes that its command ends. One at a time watches. */
export interface EndingsWatch {
  /** Every process that was told to end since the watch began. */
  all(): readonly Ending[]
  /** Whether one of them has neither ended nor been given up. */
  areUnderWay(): boolean
  /** From now on no other process is told to end, and none is started. Those that were told get SIGKILL if they need it. */
  finish(): void
  /** From now on nothing is signalled at all. */
  leave(): void
  stop(): void
}

interface Watched {
  readonly told: Map<Ending, 'under way' | 'over'>
  state: 'open' | 'finishing' | 'leaving'
}

/** Null while nobody watches: a daemon that ends its siblings for weeks must not collect them. */
let watched: Watched | null = null

/**
 * Begins to note the processes that are told to end, so that Ctrl+C can name them. This is a state of the whole process,
 * as Ctrl+C is: it must name them whichever command and whichever layer has told them.
 */
export function watchEndings(): EndingsWatch {
  const own: Watched = { told: new Map(), state: 'open' }
  watched = own
  return {
    all: () => [...own.told.keys()],
    areUnderWay: () => [...own.told.values()].includes('under way'),
    finish: () => void (own.state = 'finishing'),
    leave: () => void (own.state = 'leaving'),
    stop: () => {
      if (watched === own) watched = null
    },
  }
}

/** Notes that a process was told to end. The caller calls the returned function when it no longer waits for that. */
export function noteTold(ending: Ending): () => void {
  const own = watched
  own?.told.set(ending, 'under way')
  return () => void own?.told.set(ending, 'over')
}

/** Throws `E_INTERRUPTED` after Ctrl+C. Called before a process is told to end, and before one is started. */
export function assertMayBegin(): void {
  assertNot('finishing', 'leaving')
}

/** Throws `E_INTERRUPTED` if the command leaves at once. Called before a process that was told to end is killed. */
export function assertMayFinish(): void {
  assertNot('leaving')
}

function assertNot(...states: readonly Watched['state'][]): void {
  if (watched === null || !states.includes(watched.state)) return
  throw new FamiliarError('E_INTERRUPTED', 'interrupted', { retry: true })
}
