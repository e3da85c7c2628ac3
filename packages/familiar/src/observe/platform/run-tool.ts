import type { StdioOptions } from 'node:child_process'
import type { Readable } from 'node:stream'
import { asLack, errnoOf, FamiliarError, throwLack } from '../../errors.js'
import { assertDescriptors } from './assert-descriptors.js'
import { spawnAside } from './spawn-aside.js'

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
const MAX_OUTPUT_BYTES = MAX_OUTPUT_MIB * 1024 * 1024

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
 * the `error` event, and throws others.
 */
const run: RunTool = (file, args, { deadline, env, quietExit }) =>
  new Promise((resolve, reject) => {
    if (deadline.aborted) {
      reject(failed(file, 'the time for this look was over before it was asked', true))
      return
    }
    assertDescriptors(START_DESCRIPTORS)
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe']
    const { child, end } = spawnAside(file, args, { stdio, ...(env === undefined ? {} : { env }) })
    /** Only the first call has an effect. The pipes are closed, because what the tool has started may keep them open. */
    const settle = (act: () => void): void => {
      deadline.removeEventListener('abort', late)
      child.stdout?.destroy()
      child.stderr?.destroy()
      act()
    }
    const giveUp = (cause: string, retry: boolean): void => {
      settle(() => reject(failed(file, cause, retry)))
      end()
    }
    const late = (): void => giveUp('not done in time', true)
    deadline.addEventListener('abort', late)
    const flooded = (): void => giveUp(`printed more than ${MAX_OUTPUT_MIB} MiB`, false)
    const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => textOf(stream, flooded))
    child.on('error', (error) =>
      settle(() => reject(asLack(error) ?? failed(file, startCause(error), false, error))),
    )
    child.once('close', (code, signal) =>
      settle(() => {
        const complaint = stderr?.() ?? ''
        const isQuiet = quietExit !== undefined && code === quietExit && complaint.trim() === ''
        if (code === 0 || isQuiet) resolve(stdout?.() ?? '')
        else reject(failed(file, endCause(code, signal, complaint), false))
      }),
    )
  })

/** Returns a function that returns what the stream has said so far. Calls `flooded` when that is too much. */
function textOf(stream: Readable | null, flooded: () => void): () => string {
  const parts: Buffer[] = []
  let size = 0
  // A stream that could not be made is missing, and the `error` event says why.
  stream?.on('data', (part: Buffer) => {
    parts.push(part)
    size += part.length
    if (size > MAX_OUTPUT_BYTES) flooded()
  })
  return () => Buffer.concat(parts).toString('utf8')
}

function failed(file: string, cause: string, retry: boolean, error?: unknown): FamiliarError {
  const name = file.split(/[\\/]/).at(-1) ?? file
  const hint = `Run ${file} by hand to see what is wrong with it.`
  return new FamiliarError('E_LOOK_FAILED', `${name}: ${cause}`, { hint, retry, cause: error })
}

function startCause(error: Error): string {
  const errno = errnoOf(error)
  return errno === 'ENOENT' ? 'not found on this machine' : `could not be run (${errno ?? error.message})`
}

function endCause(code: number | null, signal: string | null, stderr: string): string {
  const end = signal === null ? `exit code ${code}` : `was ended by ${signal}`
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
