import { type ExecFileException, execFile } from 'node:child_process'

import { asLack, errnoOf, FamiliarError, throwLack } from '../../errors.js'
import { assertDescriptors } from './assert-descriptors.js'

/** Limits for one run of a system tool, and how to read its result. */
export interface ToolOptions {
  /** The tool is killed as soon as this signal is aborted. */
  readonly deadline: AbortSignal
  /** All environment variables of the tool. If omitted, the tool inherits the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** An exit code that means "nothing, or not everything, was found" if stderr is empty. */
  readonly quietExit?: number
}

/**
 * Runs a tool and returns what it printed. The backends take it as a parameter, so that tests can supply the output.
 */
export type RunTool = (file: string, args: readonly string[], options: ToolOptions) => Promise<string>

/**
 * The maximum output that is read. One command line can be 1 MiB long, and `ps` prints some of its bytes as four bytes.
 */
const MAX_OUTPUT_MIB = 16

const LIMITS = { maxBuffer: MAX_OUTPUT_MIB * 1024 * 1024, killSignal: 'SIGKILL' } as const

/** How many descriptors a start takes for a moment: those of `read-scopes-in-child.ts`, and both ends of a pipe for stderr. */
const START_DESCRIPTORS = 8

const MAX_COMPLAINT_CHARS = 200

/**
 * Returns what the tool printed on stdout. No shell is involved, and stdin is closed. Throws `E_LOOK_FAILED`, which names
 * the tool and the cause, if the tool is missing, has not finished by the deadline, prints more than 16 MiB, is killed,
 * or exits with a code that is neither 0 nor `quietExit`. So partial output is never returned as if it were complete.
 * Throws `E_RESOURCES` if this process lacks the resources to start the tool. A tool that runs as root (macOS `ps`)
 * cannot be killed at the deadline, but this function still stops waiting for it in time.
 */
export const runTool: RunTool = (file, args, options) =>
  run(file, args, options).catch((error: unknown) => {
    throwLack(error)
    throw error
  })

/**
 * Runs the tool. A lack of resources at its start rejects the promise in two ways: Node passes some of these errors to
 * the callback, and throws others.
 */
const run: RunTool = (file, args, options) =>
  new Promise((resolve, reject) => {
    if (options.deadline.aborted) {
      reject(failed(file, 'the time for this look was over before it was asked', true))
      return
    }
    assertDescriptors(START_DESCRIPTORS)
    const { env, deadline, quietExit } = options
    const ending = new AbortController()
    const child = execFile(
      file,
      args,
      {
        ...LIMITS,
        signal: ending.signal,
        encoding: 'utf8',
        windowsHide: true,
        ...(env === undefined ? {} : { env }),
      },
      (error, stdout, stderr) => {
        deadline.removeEventListener('abort', end)
        if (error === null || isQuiet(error, stderr, quietExit)) resolve(stdout)
        else reject(asLack(error) ?? failed(file, causeOf(error, stderr, deadline), deadline.aborted, error))
      },
    )
    // Until Node has reported that a tool could not be started, it takes 0 for the pid, and would kill this process group.
    const end = (): void => {
      if (child.pid !== undefined) ending.abort()
    }
    deadline.addEventListener('abort', end)
    child.stdin?.end()
  })

function isQuiet(error: ExecFileException, stderr: string, quietExit: number | undefined): boolean {
  return quietExit !== undefined && error.code === quietExit && stderr.trim() === ''
}

function failed(file: string, cause: string, retry: boolean, error?: unknown): FamiliarError {
  const name = file.split(/[\\/]/).at(-1) ?? file
  const hint = `Run ${file} by hand to see what is wrong with it.`
  return new FamiliarError('E_LOOK_FAILED', `${name}: ${cause}`, { hint, retry, cause: error })
}

function causeOf(error: ExecFileException, stderr: string, deadline: AbortSignal): string {
  if (deadline.aborted) return 'not done in time'
  const errno = errnoOf(error)
  if (errno === 'ENOENT') return 'not found on this machine'
  if (errno === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `printed more than ${MAX_OUTPUT_MIB} MiB`
  if (errno !== null) return `could not be run (${errno})`
  const end = error.signal ? `was ended by ${error.signal}` : `exit code ${String(error.code)}`
  const complaint = complaintIn(stderr)
  return complaint === '' ? end : `${end}: ${complaint}`
}

/** Returns the first line of stderr that is not blank, cleaned and shortened to fit into a one-line message. */
function complaintIn(stderr: string): string {
  const line = stderr.split('\n').find((text) => text.trim() !== '') ?? ''
  return line
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, MAX_COMPLAINT_CHARS)
}
