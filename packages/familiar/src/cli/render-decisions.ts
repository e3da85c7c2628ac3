import type { Words } from '../define/options.js'
import type { DoctorDocument } from '../doctor/document.js'
import { needsDecision, type DoctorRecord } from '../doctor/choose-remedy.js'
import type { Remedy } from '../doctor/remedy.js'
import { lookCommand } from '../observe/platform/look-command.js'
import { paint, type Io } from './io.js'
import { printable } from './printable.js'
import { evidenceText, reasonText } from './reason-text.js'
import { renderRemedy } from './render-remedy.js'
import { wrapWords } from './text-width.js'

type Terminal = Pick<Io, 'hasColor' | 'columns' | 'isQuiet'>

/** The maximum number of ports and commands that are listed for one group. */
const LISTED = 8
const LISTED_COMMANDS = 3

/**
 * Lists the candidates that need a decision, grouped by reason, each group with its commands. Candidates that no command
 * can end from here, that another scope uses or that another user owns need no decision; they are listed under a separate
 * heading. With `--quiet`, no commands are listed. `isOneTold`: the daemon of this scope needs a decision too, and F-005
 * describes it.
 */
export function renderDecisions(
  { orphans, isOneTold = false }: Pick<DoctorDocument, 'orphans'> & { readonly isOneTold?: boolean },
  terminal: Terminal,
  { scope, explain }: Pick<Words, 'scope' | 'explain'>,
): readonly string[] {
  const rows = orphans.filter(({ cleanup_class }) => cleanup_class === 'operator_required')
  const open = rows.filter((record) => needsDecision(record, { explain }))
  const used = rows.filter(isInUse)
  const rest = rows.filter((record) => !open.includes(record) && !isInUse(record))
  const foreign = rest.filter(({ skip_reason }) => skip_reason === 'other_user')
  const starting = rest.filter(({ skip_reason }) => skip_reason === 'starting')
  const stuck = rest.filter((record) => !foreign.includes(record) && !starting.includes(record))
  const reasons = [...new Set(open.flatMap(({ skip_reason }) => skip_reason ?? []))]
  const meaning = terminal.isQuiet === true ? [] : toReadMore(reasons, explain, terminal)
  const sections = [
    [
      ...section(
        `Needs a decision (operator_required)${isOneTold ? ', besides F-005' : ''}:`,
        open,
        scope,
        terminal,
      ),
      ...meaning,
    ],
    section('Left alone for now:', starting, scope, terminal),
    section('Left alone, no clean-up ends it:', stuck, scope, terminal),
    section('Of another user, left alone:', foreign, scope, terminal),
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

/** No command is printed for a daemon in use, because a command run in the other scope might replace it. */
function inUse(used: readonly DoctorRecord[], scope: string, terminal: Terminal): readonly string[] {
  if (used.length === 0) return []
  const lines = used.flatMap(({ port, in_use_by, package_version }) =>
    entry(
      `${port ?? 'no port'}: in use by ${printable(in_use_by ?? '')} (version ${printable(package_version ?? 'unknown')}). Nothing to do.`,
      terminal,
    ),
  )
  return [`In use by another ${scope}, left alone:`, ...lines]
}

interface Group {
  readonly text: string
  readonly ports: string[]
  readonly description: string
  readonly commands: Set<string>
  /** The processes to look at before running the commands. */
  readonly pids: Set<number>
}

function section(
  title: string,
  rows: readonly DoctorRecord[],
  scope: string,
  terminal: Terminal,
): readonly string[] {
  if (rows.length === 0) return []
  const groups = new Map<string, Group>()
  for (const record of rows) {
    const text = whatItIs(record, scope)
    const { remedy } = record
    const description = remedy?.description ?? ''
    const key = `${text}\n${description}`
    const group = groups.get(key) ?? { text, ports: [], description, commands: new Set(), pids: new Set() }
    group.ports.push(String(record.port ?? 'no port'))
    for (const command of remedy?.commands ?? []) group.commands.add(command)
    if (remedy?.look !== undefined && record.pid !== null) group.pids.add(record.pid)
    groups.set(key, group)
  }
  return [title, ...[...groups.values()].flatMap((group) => renderGroup(group, terminal))]
}

function renderGroup(
  { text, ports, description, commands, pids }: Group,
  terminal: Terminal,
): readonly string[] {
  const head = entry(`${listed(ports)}: ${text}`, terminal)
  if (terminal.isQuiet === true || commands.size === 0) return head
  const look = pids.size === 0 ? {} : { look: lookCommand([...pids]) }
  const remedy: Remedy = {
    commands: [...commands].slice(0, LISTED_COMMANDS),
    description,
    safe: false,
    ...look,
  }
  const more = commands.size - remedy.commands.length
  return [
    ...head,
    ...renderRemedy(remedy, terminal),
    ...(more > 0 ? [`    ${paint(terminal, 'dim', `and ${more} more such commands: --json`)}`] : []),
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

function whatItIs(record: DoctorRecord, scope: string): string {
  const stale = evidenceText(record.stale_evidence, record.package_version)
  return `${reasonText(record.skip_reason ?? '', scope)}${stale === '' ? '' : `; ${stale}`}`
}
