import { watchEndings, type Told } from '../act/endings.js'
import { monotonicMs, untilText } from '../clock.js'
import { FamiliarError } from '../errors.js'
import { byHand } from '../observe/platform/look-command.js'
import { EXIT } from './exit-codes.js'
import { warn, type Io } from './io.js'

/** How long the last look at the processes may take. On Linux it takes a few milliseconds. */
const LOOK_MS = 500

/** npm and npx pass SIGINT on to a command, which has got it from the terminal already. A hand takes longer. */
const SAME_PRESS_MS = 200

/** What Ctrl+C does to a command, and what it says. */
export interface Interruption {
  /** The handler of Ctrl+C. */
  readonly interrupt: () => void
  /** Ends the process with this code when the daemon that is being started is ended. For a signal that ends the process. */
  readonly leave: (code: number) => void
  /** The command may end processes. `look` is the command that shows what is left; `isSure`: that is its purpose. */
  readonly mayEnd: (look: string, isSure: boolean) => void
  /** Whether Ctrl+C was pressed, and the command finishes what it had begun. */
  readonly isFinishing: () => boolean
  /** Returns the error to report for one that the command threw. If Ctrl+C is about to end the process, it never resolves. */
  readonly explain: (error: unknown) => Promise<unknown>
  /** Resolves unless Ctrl+C is about to end the process. */
  readonly settled: () => Promise<void>
  readonly stop: () => void
}

interface Parts {
  readonly io: Pick<Io, 'program' | 'err'> & Partial<Pick<Io, 'errorColumns'>>
  /** Returns the command's own words for what it has done so far; null if it has none. */
  readonly done: () => string | null
  /** Ends the process. */
  readonly exit: (code: number) => void
  /** Reports the error as every failure is reported. */
  readonly report: (error: FamiliarError) => void
  /** Prints the document of a command that has ended nothing, if one is asked for. */
  readonly document?: (message: string, remediation: string | null) => void
  /** Called with true when a daemon is being started that only this process can end, and with false when none is any more. */
  readonly onStarting?: (isStarting: boolean) => void
}

/**
 * Ctrl+C ends the command at once, except while it waits for processes that it has told to end: such a process may have
 * closed its port and hang, and then no later scan finds it. Then the first Ctrl+C lets the command end those, and no
 * other, for as long as that may take, and print its result; the second leaves at once. In every case the user reads what
 * was ended and what may still be there.
 *
 * A daemon that this process is starting is ended first: if its main file never calls `serve`, nothing else would end it.
 * That takes half a second, or two if it resists, so a second Ctrl+C does not cut it short.
 */
export function watchInterruption({ io, done, exit, report, document, onStarting }: Parts): Interruption {
  const endings = watchEndings(onStarting)
  let ends: { readonly look: string; readonly isSure: boolean } | null = null
  let pressedAt = Number.NEGATIVE_INFINITY
  let isFinishing = false
  let settled = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let isEndingStart = false
  const described = async (all = endings.all()): Promise<FamiliarError> =>
    interrupted(await Promise.all(all.map(lookAt)), ends?.look ?? null)
  /** Calls `act` when the daemons that are being started are ended; at once if there are none. */
  const afterStarts = (act: () => void): void => {
    const ended = endings.leave()
    if (ended === null) return act()
    isEndingStart = true
    settled = new Promise(() => undefined)
    void ended.then(act)
  }
  const leave = (): void => {
    if (isEndingStart) return
    if (endings.state() === 'leaving') return exit(EXIT.interrupted)
    const all = endings.all()
    afterStarts(() => {
      isEndingStart = false
      tell(all)
    })
  }
  const tell = (all: readonly Told[]): void => {
    const own = all.every(({ state }) => state === 'gone') ? done() : null
    if (own !== null || (all.length === 0 && ends?.isSure !== true)) {
      // A command that only looks has done nothing.
      const look = own !== null || ends === null ? null : `to see what was done: ${ends.look}`
      const message = own === null ? 'interrupted' : `interrupted; ${own}`
      io.err(`${io.program}: ${[message, ...(look === null ? [] : [look])].join('; ')}\n`)
      document?.(message, look)
      return exit(EXIT.interrupted)
    }
    settled = new Promise(() => undefined)
    void described(all).then((error) => {
      report(error)
      exit(EXIT.interrupted)
    })
  }
  const finish = (leftMs: number): void => {
    isFinishing = true
    endings.finish()
    timer = setTimeout(leave, leftMs)
    warn(
      io,
      `${io.program}: interrupted: waiting for the end of what was told to end, ${untilText(leftMs)} at most, and ending nothing else; press Ctrl+C again to leave at once`,
    )
  }
  return {
    interrupt: () => {
      const now = monotonicMs()
      if (now - pressedAt < SAME_PRESS_MS) return
      pressedAt = now
      // A terminal has shown `^C` where the cursor is.
      if ((io.errorColumns ?? null) !== null) io.err('\n')
      const underWay = endings.all().filter(({ state }) => state === 'under way')
      if (endings.state() !== 'open' || underWay.length === 0) leave()
      else finish(Math.max(...underWay.map(({ overAt }) => overAt)) - now)
    },
    leave: (code) => afterStarts(() => exit(code)),
    mayEnd: (look, isSure) => void (ends = { look, isSure }),
    isFinishing: () => isFinishing,
    explain: async (error) => {
      await settled
      if (!(error instanceof FamiliarError) || error.code !== 'E_INTERRUPTED') return error
      void endings.leave()
      return described()
    },
    settled: () => settled,
    stop: () => {
      clearTimeout(timer)
      endings.stop()
    },
  }
}

interface Looked extends Told {
  readonly now: 'gone' | 'running' | 'hidden' | 'unknown'
}

/** Looks once more at a process that was told to end, for at most half a second. */
async function lookAt(told: Told): Promise<Looked> {
  if (told.state === 'gone') return { ...told, now: 'gone' }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'unknown'>((resolve) => {
    timer = setTimeout(resolve, LOOK_MS, 'unknown')
  })
  const now = await Promise.race([told.look().catch(() => 'unknown' as const), late])
  clearTimeout(timer)
  return { ...told, now }
}

/** Returns the error that says what was ended, and what was told to end and is or may be there. */
function interrupted(all: readonly Looked[], look: string | null): FamiliarError {
  const that = (...now: readonly Looked['now'][]): readonly Looked[] =>
    all.filter((one) => now.includes(one.now))
  const [ended, running, hidden, unknown] = [that('gone'), that('running'), that('hidden'), that('unknown')]
  const left = running.length + hidden.length
  const counts = [
    all.length === 0 ? 'nothing was ended' : `ended: ${ended.length}`,
    ...(left === 0 ? [] : [`told to end, but still there: ${left}`]),
    ...(unknown.length === 0 ? [] : [`told to end, and may still be there: ${unknown.length}`]),
  ]
  return new FamiliarError('E_INTERRUPTED', ['interrupted', ...counts].join('; '), {
    details: [
      ...listed('ended', ended),
      ...listed('told to end, but still there', running),
      ...listed('told to end, and may still be there', unknown),
      ...hidden.map(hiddenText),
    ],
    hint: look === null ? null : `to see what is left: ${look}`,
    retry: true,
  })
}

function listed(what: string, all: readonly Looked[]): readonly string[] {
  const names = all.map(({ pid, port }) => `process ${pid}${port === null ? '' : ` (port ${port})`}`)
  return names.length === 0 ? [] : [`${what}: ${names.join(', ')}`]
}

/** Returns what is to be said about a process that has closed its port, which is no sign that it hangs. */
function hiddenText({ pid, port, dueAt, stopCommand }: Looked): string {
  const leftMs = dueAt - monotonicMs()
  const how = leftMs > 0 ? `is still ending, which may take ${untilText(leftMs)}` : 'hangs'
  const what = `told to end: process ${pid} has closed port ${port}, and ${how}`
  if (stopCommand !== null) return `${what}; if it stays: ${stopCommand}`
  return `${what}; no later look at the ports finds it; if it stays: ${byHand(pid)}`
}
