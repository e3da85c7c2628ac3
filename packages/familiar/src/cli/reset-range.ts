import type { CleanUpReport } from '../act/clean-up.js'
import { scopeOf } from '../classify/derive-facts.js'
import { definitionOf, type CleanUpOptions, type Daemon } from '../define/define-daemon.js'
import { lookCommandOf } from '../define/hints.js'
import { decisionsIn, remedyOf } from '../doctor/choose-remedy.js'
import type { Circumstances } from '../doctor/identity-record.js'
import { isExplanation } from '../doctor/remedy.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { isSpared, isStarting } from '../observe/spared.js'
import type { Io } from './io.js'
import { keysOf, namesOf } from './candidate-lines.js'
import { showingCleanUp } from './clean-up-progress.js'
import { asObstructed } from './obstructed.js'
import { endedByItself } from './ended-by-itself.js'
import { lookAtSome } from './look-at-some.js'
import { wrapWords } from './text-width.js'

export interface ResetOptions extends Partial<Circumstances> {
  readonly force: boolean
  readonly dryRun: boolean
  readonly json: boolean
  readonly port: number | null
}

/**
 * Cleans up as the options say, after the scan `seen`. If a prompt is allowed, first asks about the candidates that need
 * a decision; not if an obstacle keeps the clean-up from working, because no answer could be carried out.
 */
export async function resetRange(
  daemon: Daemon,
  options: ResetOptions,
  seen: Scan,
  io: Io,
): Promise<CleanUpReport> {
  const answer = await askAboutTheRest(daemon, options, seen, io)
  return showingCleanUp(io, (watch) =>
    daemon.cleanUp({
      force: options.force,
      seen,
      ...(options.port === null ? {} : { port: options.port }),
      dryRun: options.dryRun,
      ...answer,
      ...watch,
    }),
  ).catch((error: unknown) => {
    throw asObstructed(error, options.obstacle ?? null, definitionOf(daemon).words.explain)
  })
}

/**
 * Shows the processes that need a decision, and asks once whether to end all of them. `confirmed` has them if the user
 * agrees, and is empty if not; `told` also has the stale ones, which are ended without a question. Returns an empty object
 * if nothing is asked. Asks before any lock is taken.
 */
async function askAboutTheRest(
  daemon: Daemon,
  options: ResetOptions,
  seen: Scan,
  io: Io,
): Promise<Pick<CleanUpOptions, 'confirmed' | 'told'>> {
  if (options.force || options.dryRun || options.json || !io.isInteractive) return {}
  if (options.obstacle != null) return {}
  const chosen = seen.candidates.filter(
    ({ proof, observation }) =>
      proof !== null && (options.port === null || options.port === observation.port),
  )
  // Another command may be ending or starting a silent one just now.
  const isLeft = ({ facts }: Candidate): boolean => options.busy != null && facts.self_report === 'no'
  const open = chosen
    .filter((one) => one.verdict.class === 'operator_required' && !isSpared(one, seen) && !isLeft(one))
    .toSorted((one, other) => (one.observation.port ?? 0) - (other.observation.port ?? 0))
  if (open.length === 0) return {}
  const stale = chosen.filter(({ verdict }) => verdict.class === 'safe_auto')
  const screen = { columns: io.errorColumns, hasColor: io.hasErrorColor, isVerbose: io.isVerbose }
  const names = namesOf(daemon, open, seen, screen)
  const list = names.map((name) => `  ${name}\n`).join('')
  const isOne = open.length === 1
  const need = isOne ? 'This one needs' : `These ${open.length} need`
  const { own } = decisionsIn(seen, definitionOf(daemon))
  const whose = `${ofOthers(open, seen, daemon)}${ofThisScope(open, own, daemon)}${ofStarting(open)}`
  const head = wrapWords(`${need} a decision (operator_required)${whose}:`, io.errorColumns).join('\n')
  const alone = oneByOne(open, own, seen, daemon)
    .map(([lead, commands]) => leadTo(lead, commands, io.errorColumns))
    .join('')
  const byItself = endedByItself(seen, definitionOf(daemon).words)
  const also = byItself === null ? '' : `${wrapWords(byItself, io.errorColumns).join('\n')}\n`
  io.err(
    `${head}\n${list}${lookFirst(open, daemon, io.errorColumns)}${alone}${also}${endedAnyway(stale.length, open.length, io.errorColumns)}`,
  )
  const isYes = await io.confirm(
    `${stale.length === 0 ? 'End' : 'Also end'} ${isOne ? 'it' : `these ${open.length}`}?`,
    'nothing was ended',
  )
  io.err('\n')
  const confirmed = isYes ? keysOf(open) : new Set<string>()
  return { confirmed, told: new Set([...keysOf(stale), ...confirmed]) }
}

/** The maximum number of commands that are printed for one process each. */
const LISTED = 3

/**
 * Returns how to decide about one of several processes alone: with the command that the doctor prints for it. The daemon of
 * this scope has a command of its own.
 */
function oneByOne(
  open: readonly Candidate[],
  own: Candidate | null,
  seen: Scan,
  daemon: Daemon,
): readonly (readonly [lead: string, commands: readonly string[]])[] {
  if (open.length === 1) return []
  const { words } = definitionOf(daemon)
  const isOwn = own !== null && open.includes(own)
  const remedies = open.flatMap((one) => (one === own ? [] : (remedyOf(one, seen, { words }) ?? [])))
  const commands = remedies.filter((one) => !isExplanation(words, one)).flatMap((one) => one.commands)
  const more = commands.length - LISTED
  return [
    ...(commands.length === 0
      ? []
      : ([
          [
            `To decide about one alone, answer n, then${commands.length === 1 ? '' : ' one of these'}:`,
            commands.slice(0, LISTED),
          ],
        ] as const)),
    ...(more > 0
      ? ([[`And ${more} more such ${more === 1 ? 'command' : 'commands'}:`, [jsonLook(words)]]] as const)
      : []),
    ...(isOwn
      ? ([[`For the ${words.title} of this ${words.scope} alone, answer n, then:`, [words.stop]]] as const)
      : []),
  ]
}

function jsonLook(words: Parameters<typeof lookCommandOf>[0]): string {
  return `${lookCommandOf(words)} --json`
}

/** Puts the command on a line of its own where it does not fit behind what leads to it, and so do several. */
function leadTo(lead: string, commands: readonly string[], columns: number | null): string {
  const [only = ''] = commands
  const isShort = commands.length === 1 && (columns === null || lead.length + 1 + only.length <= columns)
  return isShort ? `${lead} ${only}\n` : [lead, ...commands.map((one) => `  ${one}`), ''].join('\n')
}

/**
 * Explains why the number differs from that of F-002, which does not count processes that may still be starting: their
 * row says to look again later.
 */
function ofStarting(open: readonly Candidate[]): string {
  const count = open.filter(isStarting).length
  if (count === 0) return ''
  return open.length === 1 ? ' and may still be starting' : `, ${count} of them may still be starting`
}

/** Explains why the number differs from that of F-002, which does not count the daemon of this scope. */
function ofThisScope(open: readonly Candidate[], own: Candidate | null, daemon: Daemon): string {
  if (own === null || !open.includes(own)) return ''
  const { title, scope } = definitionOf(daemon).words
  return `${open.length === 1 ? ' and is' : ', one of them'} the ${title} of this ${scope} (F-005)`
}

/** Suggests the command that shows the processes, and how to find those that do not fit into it, as the answer ends all. */
function lookFirst(open: readonly Candidate[], daemon: Daemon, columns: number | null): string {
  const pids = open.flatMap(({ observation }) => observation.pid ?? [])
  if (pids.length === 0) return ''
  const { command, more } = lookAtSome(pids, columns === null ? null : columns - 2)
  const look = leadTo('To look first, in another terminal:', [command], columns)
  if (more === 0) return look
  const all = `${lookCommandOf(definitionOf(daemon).words)} --verbose`
  return `${look}${leadTo(`And ${more} more, each with its process:`, [all], columns)}`
}

/** Says how many of the processes name another scope, because they may be in use there. */
function ofOthers(open: readonly Candidate[], { context }: Scan, daemon: Daemon): string {
  const count = open.filter(({ observation }) => {
    const scope = scopeOf(observation, context)
    return scope !== null && scope !== context.here
  }).length
  if (count === 0) return ''
  const { words } = definitionOf(daemon)
  return open.length === 1
    ? ` and is of another ${words.scope}`
    : `, ${count} of them of another ${words.scope}`
}

/**
 * Says, directly before the question, what each answer ends: processes that are proven stale are ended even if it is no.
 * `open`: how many the question is about. Exported for its test.
 */
export function endedAnyway(stale: number, open: number, columns: number | null = null): string {
  const which = stale === 1 ? 'the 1 that is' : `the ${stale} that are`
  const these = open === 1 ? 'this one' : 'these'
  const text =
    stale === 0
      ? `y ends ${these}; n and Ctrl+C end nothing.`
      : `n ends only ${which} proven stale, y ${these} too; Ctrl+C ends nothing.`
  return `${wrapWords(text, columns).join('\n')}\n`
}
