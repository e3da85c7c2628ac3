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

/** Notes that a daemon is being started which nobody has adopted yet, so that only its starter can end it. */
export interface StartNotes {
  /** Aborted when the command line is interrupted: then the starter ends its child. */
  readonly signal: AbortSignal
  /** Notes that the daemon is adopted, or that its process is gone or given up. May be called more than once. */
  readonly over: () => void
}

/** What a command line knows about the processes that its command ends and starts. One at a time watches. */
export interface EndingsWatch {
  /** Every process that was told to end since the watch began. */
  all(): readonly Told[]
  /** From now on no other process is told to end, and none is started. Those that were told get SIGKILL if they need it. */
  finish(): void
  /**
   * From now on nothing is signalled at all, except the children that this process has started and not adopted: those are
   * ended. Resolves when they are; null if there are none.
   */
  leave(): Promise<void> | null
  state(): State
  stop(): void
}

type State = 'open' | 'finishing' | 'leaving'

/** A daemon that this process is starting. */
interface Start {
  readonly abort: AbortController
  readonly isOver: Promise<void>
}

interface Watched {
  readonly told: Map<Ending, Told>
  readonly starts: Set<Start>
  readonly onStarting: (isStarting: boolean) => void
  state: State
}

/** Null while nobody watches: a daemon that ends its siblings for weeks must not collect them. */
let watched: Watched | null = null

/**
 * Begins to note the processes that are told to end, so that Ctrl+C can name them. This is a state of the whole process,
 * as Ctrl+C is: it must name them whichever command and whichever layer has told them. `onStarting` is called with true
 * when the first daemon is being started, and with false when none is any more.
 */
export function watchEndings(onStarting: (isStarting: boolean) => void = () => undefined): EndingsWatch {
  const own: Watched = { told: new Map(), starts: new Set(), onStarting, state: 'open' }
  watched = own
  return {
    all: () => [...own.told.values()],
    finish: () => {
      own.state = 'finishing'
      void endStarts(own)
    },
    leave: () => {
      own.state = 'leaving'
      return endStarts(own)
    },
    state: () => own.state,
    stop: () => {
      if (watched !== own) return
      watched = null
      if (own.starts.size > 0) onStarting(false)
    },
  }
}

function endStarts({ starts }: Watched): Promise<void> | null {
  if (starts.size === 0) return null
  const all = [...starts]
  for (const { abort } of all) abort.abort(interrupted())
  return Promise.all(all.map(({ isOver }) => isOver)).then(() => undefined)
}

/** Returns the notes about a daemon that is about to be started. They do nothing if nobody watches. */
export function noteStart(): StartNotes {
  const own = watched
  const abort = new AbortController()
  let over: (() => void) | undefined
  const start = { abort, isOver: new Promise<void>((resolve) => (over = resolve)) }
  own?.starts.add(start)
  if (own?.starts.size === 1) own.onStarting(true)
  return {
    signal: abort.signal,
    over: () => {
      over?.()
      if (own?.starts.delete(start) === true && own.starts.size === 0 && watched === own)
        own.onStarting(false)
    },
  }
}

/**
 * Returns the notes about a process that is about to be ended. They do nothing if nobody watches. `isOwnChild`: this
 * process has started it and not adopted it, so it is ended after Ctrl+C too, because nothing else would end it.
 */
export function noteEnding(ending: Ending, isOwnChild = false): EndingNotes {
  const own = watched
  return {
    assertMayTell: () => {
      if (!isOwnChild) assertNot(own, own?.told.has(ending) === true ? ['leaving'] : ['finishing', 'leaving'])
    },
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
  throw interrupted()
}

function interrupted(): FamiliarError {
  return new FamiliarError('E_INTERRUPTED', 'interrupted', { retry: true })
}
