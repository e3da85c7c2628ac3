import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  CommandError,
  EXIT,
  note,
  parseCommand,
  printable,
  printJson,
  realPath,
  shellQuote,
  warn,
  type Io,
} from 'familiar/cli'
import { SYNC_OPT_IN, SYNC_OPT_OUT } from '../cli/describe/events.js'
import { currentProject, fileAt, findProject, resolveHere, SIGNS } from '../daemons/project-directory.js'
import { writeConsent } from './consent-file.js'
import { inHome } from '../cli/in-home.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { counted } from './ages.js'
import { tellDaemon } from './tell-daemon.js'
import { whyHeld } from './why-held.js'
import type { HeldProject } from './why-types.js'

/** Records whether the events of a project may leave this machine, for `sync opt-in` and `sync opt-out`. */
export async function recordConsent(
  command: 'opt-in' | 'opt-out',
  args: readonly string[],
  io: Io,
): Promise<number> {
  const isGiven = command === 'opt-in'
  const spec = isGiven ? SYNC_OPT_IN : SYNC_OPT_OUT
  const { values, operands } = parseCommand(spec, args, { command: `sync ${command}` })
  const { json } = values
  const directory = operands[0] ?? null
  // Reports a wrong value of SPEC_KITTY_HOME before recording anything.
  const root = runtimeRoot(io)
  const project = directory === null ? currentProject(io) : namedProject(directory, io)
  const { path, isChanged, otherNames } = await writeConsent(project, isGiven)
  // Before the daemon is told, because it may have sent all a moment later.
  const waiting = isGiven && !json ? await waitingIn(root) : UNKNOWN
  const isTold = isChanged && (await tellDaemon(root))
  if (otherNames !== undefined)
    warn(io, `${path} had ${counted(otherNames, 'other name')} (hard links), which keep the old consent`)
  if (json) {
    printJson({ project, consent: isGiven ? 'yes' : 'no', is_changed: isChanged, file: path }, io)
    return EXIT.ok
  }
  const already = isChanged ? '' : ' already'
  io.out(
    isGiven
      ? `events of ${printable(project)} may${already} leave this machine\n`
      : `events of ${printable(project)} stay${already} on this machine\n`,
  )
  note(io, `recorded as sync.enabled: ${isGiven} in ${path}`)
  if (isGiven) tellWaiting(waiting, isTold ? await nextText(root, project, io) : null, io)
  return EXIT.ok
}

/** The events that the user looks for may be those of a directory that was moved, which this consent does not cover. */
function tellWaiting({ lost, free }: Waiting, next: string | null, io: Io): void {
  if (next !== null && (lost.length === 0 || free > 0)) note(io, next)
  const told = lost.slice(0, MAX_LOST).map((one) => {
    const { sentence, command } = whyHeld(one)
    return `${stay(one.count)}, ${sentence}: ${command}`
  })
  const rest = lost.slice(MAX_LOST)
  const more =
    rest.length === 0
      ? []
      : [`${stay(sumOf(rest))}, of ${counted(rest.length, 'more project')}: ${queueList()}`]
  for (const text of [...told, ...more]) note(io, text)
}

/** Returns what becomes of the events of the project now that its daemon was told. */
async function nextText(root: string, project: string, io: Io): Promise<string> {
  const { stayingText } = await import('./tell-staying.js')
  const { whyStays } = await import('./why-stays.js')
  const why = await whyStays(root, io.env, project, true)
  return why === null ? sentNow() : stayingText(2, why)
}

interface Waiting {
  readonly lost: readonly HeldProject[]
  /** How many events no consent holds. */
  readonly free: number
}

const UNKNOWN: Waiting = { lost: [], free: 0 }

/** The consent is recorded, and that stays true if the queue cannot be read. */
async function waitingIn(root: string): Promise<Waiting> {
  try {
    const { readQueue } = await import('./read-queue.js')
    const read = await readQueue(root)
    if ('problem' in read) return UNKNOWN
    const free = read.queued - sumOf(read.held)
    return { lost: read.held.filter(({ reason }) => LOST.has(reason)), free }
  } catch {
    return UNKNOWN
  }
}

function sumOf(held: readonly HeldProject[]): number {
  return held.reduce((sum, { count }) => sum + count, 0)
}

function stay(count: number): string {
  return `${counted(count, 'other event')} ${count === 1 ? 'stays' : 'stay'} here`
}

/** A home may have the events of many worktrees that were removed. */
const MAX_LOST = 3
const queueList = (): string => inHome`spec-kitty sync queue`
const LOST: ReadonlySet<string> = new Set(['project_missing', 'other_project'])
const sentNow = (): string =>
  inHome`the sync daemon sends them now, if nothing else is in the way (spec-kitty sync status)`

function assertIsDirectory(path: string): void {
  const file = fileAt(path)
  if (file === null) return
  throw new CommandError('E_NO_PROJECT', `${file} is a file, not the directory of a project`, {
    exit: EXIT.error,
  })
}

/**
 * Throws unless a directory that the user names is the project's own directory, so that a consent never covers more than
 * the user meant.
 */
function namedProject(directory: string, io: Io): string {
  const path = resolveHere(directory, io)
  const real = realPath(path) ?? path
  if (findProject(real) === real) return real
  if (!existsSync(real))
    throw new CommandError('E_NO_PROJECT', `${real} does not exist`, {
      hint: 'spec-kitty explain project_missing',
      exit: EXIT.error,
    })
  assertIsDirectory(real)
  const above = findProject(real)
  throw new CommandError('E_NO_PROJECT', `${real} is not a project: it has neither ${SIGNS.join(' nor ')}`, {
    hint:
      above === null || !existsSync(join(above, '.kittify'))
        ? `to make it one: spec-kitty init ${shellQuote(real)}`
        : `the project that it is in is ${above}`,
    exit: EXIT.error,
  })
}
