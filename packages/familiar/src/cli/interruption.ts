import { watchEndings, type Ending, type EndingsWatch } from '../act/endings.js'
import { untilText } from '../clock.js'
import { FamiliarError } from '../errors.js'
import { killCommand } from '../observe/platform/look-command.js'
import { EXIT } from './exit-codes.js'
import { warn, type Io } from './io.js'

/**
 * How long the first Ctrl+C waits for the processes that were told to end: as long as ending one may take
 * (`LONGEST_END_MS`, whose module is not loaded by every command), and a second more.
 */
const FINISH_MS = 8_000

/** How long the last look at these processes may take. On Linux it takes a few milliseconds. */
const LOOK_MS = 500

/** What Ctrl+C does to a command, and what it says. */
export interface Interruption {
  /** The handler of Ctrl+C. */
  readonly interrupt: () => void
  /** The command may end processes. `look` is the command that shows what is left; `isSure`: that is its purpose. */
  readonly mayEnd: (look: string, isSure: boolean) => void
  /** Whether Ctrl+C was pressed, and the command finishes what it had begun. */
  readonly isFinishing: () => boolean
  /** Returns the error to report for one that the command threw because of Ctrl+C. */
  readonly explain: (error: unknown) => Promise<unknown>
  readonly stop: () => void
}

interface Parts {
  readonly io: Io
  /** Returns what the command has done so far, for the message of a command that ends nothing. */
  readonly done: () => string
  /** Ends the process. */
  readonly exit: (code: number) => never
  /** Reports the error as every failure is reported. */
  readonly report: (error: FamiliarError) => void
}

/**
 * Ctrl+C ends the command at once, except while it waits for processes that it has told to end: such a process may have
 * closed its port and hang, and then no later scan finds it. Then the first Ctrl+C lets the command end those, and no
 * other, for a few seconds, and print its result; the second leaves at once. In every case the user reads what was ended
 * and what still runs.
 */
export function watchInterruption({ io, done, exit, report }: Parts): Interruption {
  const endings = watchEndings()
  let ends: { readonly look: string; readonly isSure: boolean } | null = null
  let [isFinishing, isLeaving] = [false, false]
  let timer: NodeJS.Timeout | undefined
  const described = async (): Promise<FamiliarError> => interrupted(await lookAt(endings), ends?.look ?? null)
  const leave = (): void => {
    if (isLeaving) return exit(EXIT.interrupted)
    isLeaving = true
    endings.leave()
    if (endings.all().length > 0) {
      void described().then((error) => {
        report(error)
        exit(EXIT.interrupted)
      })
      return
    }
    if (ends?.isSure === true) report(interrupted([], ends.look))
    else io.err(`${io.program}: interrupted; ${done()}\n`)
    exit(EXIT.interrupted)
  }
  const finish = (): void => {
    isFinishing = true
    endings.finish()
    timer = setTimeout(leave, FINISH_MS)
    const until = untilText(FINISH_MS)
    warn(
      io,
      `${io.program}: interrupted: no other process is ended; waiting for those that were told to end, ${until} at most; Ctrl+C again leaves at once`,
    )
  }
  return {
    interrupt: () => (!isFinishing && endings.areUnderWay() ? finish() : leave()),
    mayEnd: (look, isSure) => void (ends = { look, isSure }),
    isFinishing: () => isFinishing,
    explain: async (error) =>
      error instanceof FamiliarError && error.code === 'E_INTERRUPTED' ? described() : error,
    stop: () => {
      clearTimeout(timer)
      endings.stop()
    },
  }
}

interface Looked extends Ending {
  readonly now: 'gone' | 'running' | 'hidden' | 'unknown'
}

/** Looks once more at what was told to end, for at most half a second. */
async function lookAt(endings: EndingsWatch): Promise<readonly Looked[]> {
  const looks = endings.all().map(async (ending): Promise<Looked> => {
    const late = new Promise<'unknown'>((resolve) => setTimeout(resolve, LOOK_MS, 'unknown').unref())
    const now = await Promise.race([ending.look().catch(() => 'unknown' as const), late])
    return { ...ending, now }
  })
  return Promise.all(looks)
}

/** Returns the error that says what was ended and what was told to end and still runs. */
function interrupted(all: readonly Looked[], look: string | null): FamiliarError {
  const ended = all.filter(({ now }) => now === 'gone')
  const running = all.filter(({ now }) => now === 'running' || now === 'unknown')
  const hidden = all.filter(({ now }) => now === 'hidden')
  const left = running.length + hidden.length
  const message =
    all.length === 0
      ? 'interrupted; nothing was ended'
      : `interrupted; ended: ${ended.length}; told to end, but still there: ${left}`
  return new FamiliarError('E_INTERRUPTED', message, {
    details: [
      ...(ended.length === 0 ? [] : [`ended: ${ended.map(named).join(', ')}`]),
      ...(running.length === 0 ? [] : [`told to end, and may still run: ${running.map(named).join(', ')}`]),
      ...hidden.map(
        ({ pid, port }) =>
          `told to end, and hangs: process ${pid}. It has closed port ${port}, so no later look may find it; this ends it: ${killCommand(pid)}`,
      ),
    ],
    hint: look,
    retry: true,
  })
}

function named({ pid, port }: Ending): string {
  return `${port === null ? '' : `port ${port}, `}process ${pid}`
}
