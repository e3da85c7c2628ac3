import type { Words } from '../define/options.js'
import type { DoctorDocument } from '../doctor/document.js'
import { isForNow, isToWaitFor, needsDecision, type DoctorRecord } from '../doctor/choose-remedy.js'
import type { Remedy } from '../doctor/remedy.js'
import { paint, type Io } from './io.js'
import { printable } from './printable.js'
import { evidenceText, reasonText, rowReason } from './reason-text.js'
import { versionRange } from './group-words.js'
import { lookCommand } from '../observe/platform/look-command.js'
import { lookAtSome } from './look-at-some.js'
import { INDENT, isExplained, renderRemedy } from './render-remedy.js'
import { wrapWords } from './text-width.js'

type Terminal = Pick<Io, 'hasColor' | 'columns' | 'isQuiet'>

/** The maximum number of ports and commands that are listed for one group. */
const LISTED = 8
const LISTED_COMMANDS = 3

/**
 * Lists the candidates that need a decision, grouped by reason, each group with its commands. Candidates that no command
 * can end from here, that another scope uses or that another user owns need no decision; they are listed under a separate
 * heading. With `--quiet`, only what needs a decision is listed, without commands. `isOneTold`: the daemon of this scope needs a decision too, and F-005
 * describes it.
 */
export function renderDecisions(
  { orphans, isOneTold = false }: Pick<DoctorDocument, 'orphans'> & { readonly isOneTold?: boolean },
  terminal: Terminal,
  words: Pick<Words, 'scope' | 'explain'>,
): readonly string[] {
  const { scope, explain } = words
  const rows = orphans.filter(({ cleanup_class }) => cleanup_class === 'operator_required')
  const isQuiet = terminal.isQuiet === true
  const open = rows.filter((record) => needsDecision(record, words))
  const used = isQuiet ? [] : rows.filter(isInUse)
  const rest = isQuiet ? [] : rows.filter((record) => !open.includes(record) && !isInUse(record))
  const foreign = rest.filter(({ skip_reason }) => skip_reason === 'other_user')
  const forNow = rest.filter((record) => !foreign.includes(record) && isForNow(record, words))
  const stuck = rest.filter((record) => !foreign.includes(record) && !forNow.includes(record))
  const reasons = [...new Set(open.flatMap(({ skip_reason }) => skip_reason ?? []))]
  const meaning = isQuiet ? [] : toReadMore(reasons, explain, terminal)
  const sections = [
    [
      ...section(
        `Needs a decision${isOneTold ? ' besides F-005' : ''} (operator_required):`,
        open,
        words,
        terminal,
      ),
      ...meaning,
    ],
    section('Left alone for now:', forNow, words, terminal),
    section('Left alone, with no command for it here:', stuck, words, terminal),
    section('Of another user, left alone:', foreign, words, terminal),
    inUse(used, scope, terminal),
  ].filter((lines) => lines.length > 0)
  return sections.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

const TO_READ_MORE = 'To read more:'

/** Returns the command that explains each reason of the section, one on a line, so that it can be copied. */
function toReadMore(reasons: readonly string[], explain: string, terminal: Terminal): readonly string[] {
  return reasons.map((reason, index) => {
    const lead = index === 0 ? paint(terminal, 'dim', TO_READ_MORE) : ' '.repeat(TO_READ_MORE.length)
    return `  ${lead} ${paint(terminal, 'cyan', `${explain} ${reason}`)}`
  })
}

/** Returns whether another scope uses the daemon. */
export function isInUse({ in_use_by }: Pick<DoctorRecord, 'in_use_by'>): boolean {
  return in_use_by !== null
}

/**
 * No command is printed for a daemon that answers, because a command run in the other scope might replace it. The version
 * is known only of one that answers; for another, what shows its status also says how to end it.
 */
function inUse(used: readonly DoctorRecord[], scope: string, terminal: Terminal): readonly string[] {
  if (used.length === 0) return []
  const lines = used.flatMap(({ port, in_use_by, package_version, remedy }) => {
    const whose = `${port ?? 'no port'}: in use by ${printable(in_use_by ?? '')}`
    if (package_version !== null)
      return entry(`${whose} (version ${printable(package_version)}). Nothing to do.`, terminal)
    const [command] = remedy?.commands ?? []
    const look = command === undefined ? [] : [`    ${paint(terminal, 'cyan', printable(command))}`]
    return [
      ...entry(`${whose}, but it did not answer. If it hangs, its status says what ends it:`, terminal),
      ...look,
    ]
  })
  return [`In use by another ${scope}, left alone:`, ...lines]
}

interface Group {
  /** What is the same of all rows: the reasons and the signs. */
  readonly textOf: (version: string | null) => string
  readonly versions: (string | null)[]
  readonly ports: string[]
  readonly description: string
  readonly commands: Set<string>
  /** The processes to look at before running the commands. */
  readonly pids: Set<number>
  /** The command that looks where all of these run; null if they are looked at here. */
  there: string | null
}

function section(
  title: string,
  rows: readonly DoctorRecord[],
  words: Pick<Words, 'scope' | 'explain'>,
  terminal: Terminal,
): readonly string[] {
  if (rows.length === 0) return []
  const groups = new Map<string, Group>()
  for (const record of rows) {
    const textOf = (version: string | null): string => whatItIs(record, version, words)
    const { remedy } = record
    const description = remedy?.description ?? ''
    // Rows that differ only in their version are one group, as in the table.
    const key = `${textOf(null)}\n${description}`
    const group: Group = groups.get(key) ?? {
      textOf,
      versions: [],
      ports: [],
      description,
      commands: new Set(),
      pids: new Set(),
      there: null,
    }
    group.ports.push(String(record.port ?? 'no port'))
    group.versions.push(record.package_version)
    for (const command of remedy?.commands ?? []) group.commands.add(command)
    if (remedy?.look !== undefined && record.pid !== null) {
      group.pids.add(record.pid)
      if (remedy.look !== lookCommand([record.pid])) group.there ??= remedy.look
    }
    groups.set(key, group)
  }
  const all = [...groups.values()]
  return [title, ...all.flatMap((group, index) => renderGroup(group, all.slice(index + 1), terminal))]
}

/** Returns whether the next group has the very same remedy, which is then printed once, below both. */
function isToldBelow(group: Group, next: Group | undefined): boolean {
  const isSame = next?.description === group.description && hasSameCommands(group, next)
  return isSame && group.pids.size === 0 && next.pids.size === 0
}

function hasSameCommands(one: Group, other: Group): boolean {
  return [...one.commands].join() === [...other.commands].join()
}

function renderGroup(group: Group, below: readonly Group[], terminal: Terminal): readonly string[] {
  const { textOf, versions, ports, description, commands, pids, there } = group
  const head = entry(`${listed(ports)}: ${textOf(versionRange(versions))}`, terminal)
  if (terminal.isQuiet === true || isToldBelow(group, below[0]) || commands.size === 0) return head
  const room = terminal.columns === null ? null : terminal.columns - INDENT.length
  // No command is printed for a process that the look leaves out.
  const look = there ?? (pids.size === 0 ? null : lookAtSome([...pids], room, LISTED_COMMANDS).command)
  // What explains the reason is printed once, below the last group that has it.
  const isTold = isExplained([...commands]) && below.some((other) => hasSameCommands(group, other))
  const shown = isTold ? [] : [...commands].slice(0, LISTED_COMMANDS)
  const remedy: Remedy = { commands: shown, description, safe: false, ...(look === null ? {} : { look }) }
  const more = isTold ? 0 : commands.size - shown.length
  return [
    ...head,
    ...renderRemedy(remedy, terminal),
    ...(more > 0
      ? [`    ${paint(terminal, 'dim', `and ${more} more such command${more === 1 ? '' : 's'}: --json`)}`]
      : []),
  ]
}

function entry(text: string, { columns }: Terminal): readonly string[] {
  return wrapWords(text, columns === null ? null : columns - 4).map(
    (line, index) => `${index === 0 ? '  ' : '    '}${line}`,
  )
}

function listed(ports: readonly string[]): string {
  const more = ports.length - LISTED
  return more > 0 ? `${ports.slice(0, LISTED).join(' ')} and ${more} more` : ports.join(' ')
}

/** A daemon whose remedy is to wait may have another reason too, such as `cross_root`. The text then gives both. */
function whatItIs(
  record: DoctorRecord,
  version: string | null,
  words: Pick<Words, 'scope' | 'explain'>,
): string {
  const isWaiting = record.skip_reason !== 'starting' && isToWaitFor(record, words)
  const reasons = [
    rowReason(record, words.scope),
    ...(isWaiting ? [reasonText('starting', words.scope)] : []),
  ]
  // The reason says already that the other scope is gone, and then it has no record either.
  const isTold = record.skip_reason === 'cross_root' && record.stale_evidence.includes('project_gone')
  const signs = record.stale_evidence.filter(
    (one) => !isTold || (one !== 'project_gone' && one !== 'unrecorded'),
  )
  const stale = evidenceText(signs, version)
  return `${reasons.join(', ')}${stale === '' ? '' : `; ${stale}`}`
}
