import { monotonicMs } from '../clock.js'
import { FamiliarError } from '../errors.js'

/** A process that a command ends. */
export interface Ending {
  readonly pid: number
  /** The port on which it listened. */
  readonly port: number | null
  /** The command that ends it even if it has closed its port; null if no later scan finds it then. */
  readonly stopCommand: string | null
  /** Returns what it does now. `hidden`: it runs, and has closed its port, so a scan of the ports does not show it. */
  readonly look: () => Promise<'gone' | 'running' | 'hidden'>
}

/** A process that was told to end. The times are those of `monotonicMs`. */
export interface Told extends Ending {
  /** `given up`: nothing waits for its end any more. */
  readonly state: 'under way' | 'gone' | 'given up'
  /** Until then it may be ending by itself. */
  readonly dueAt: number
  /** Until then it is ended or given up. */
  readonly overAt: number
}

/** Notes how a process is ended, and says whether that may go on. */
export interface EndingNotes {
  /**
   * Throws `E_INTERRUPTED` after Ctrl+C, unless this process was told to end already and the command finishes that. Must
   * be called directly before the process is told, without a wait in between.
   */
  readonly assertMayTell: () => void
  /**
   * Notes that the process is told to end. From now on it may take `ms` to end by itself, and at most `inAllMs` until it
   * is ended or given up.
   */
  readonly tell: (ms: number, inAllMs: number) => void
  /** Notes that nothing waits for the process any more. `isGone`: its end is certain. */
  readonly over: (isGone: boolean) => void
}

/** What a command line knows about the processes that its command ends. One at a time watches. */
export interface EndingsWatch {
  /** Every process that was told to end since the watch began. */
  all(): readonly Told[]
  /** From now on no other process is told to end, and none is started. Those that were told get SIGKILL if they need it. */
  finish(): void
  /** From now on nothing is signalled at all. */
  leave(): void
  state(): State
  stop(): void
}

type State = 'open' | 'finishing' | 'leaving'

interface Watched {
  readonly told: Map<Ending, Told>
  state: State
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
    all: () => [...own.told.values()],
    finish: () => void (own.state = 'finishing'),
    leave: () => void (own.state = 'leaving'),
    state: () => own.state,
    stop: () => {
      if (watched === own) watched = null
    },
  }
}

/** Returns the notes about a process that is about to be ended. They do nothing if nobody watches. */
export function noteEnding(ending: Ending): EndingNotes {
  const own = watched
  return {
    assertMayTell: () =>
      assertNot(own, own?.told.has(ending) === true ? ['leaving'] : ['finishing', 'leaving']),
    tell: (ms, inAllMs) => {
      const now = monotonicMs()
      own?.told.set(ending, { ...ending, state: 'under way', dueAt: now + ms, overAt: now + inAllMs })
    },
    over: (isGone) => {
      const told = own?.told.get(ending)
      if (told !== undefined) own?.told.set(ending, { ...told, state: isGone ? 'gone' : 'given up' })
    },
  }
}

/** Throws `E_INTERRUPTED` after Ctrl+C. Called before a process is started, and before it is adopted. */
export function assertMayBegin(): void {
  assertNot(watched, ['finishing', 'leaving'])
}

function assertNot(own: Watched | null, states: readonly State[]): void {
  if (own === null || !states.includes(own.state)) return
  throw new FamiliarError('E_INTERRUPTED', 'interrupted', { retry: true })
}
