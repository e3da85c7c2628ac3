import { clockText, formatLines, formatTable, paint, wrapWords, type Io } from 'familiar/cli'
import { counted, describeAge, secondsSince } from './ages.js'
import { remediesOf, type Lost } from './lost-events.js'
import { salvageCommand, salvageDeadCommand } from './queue/queue-errors.js'
import type { DeadLetter, QueueCounts, WaitingProject } from './queue/queue-types.js'
import { isClosed, whyDocument, whyText } from './why-nothing-leaves.js'
import { NO_PROJECT, OPTED_OUT, type HeldProject, type Why } from './why-types.js'
import { inHome } from '../cli/in-home.js'

type Screen = Pick<Io, 'columns' | 'hasColor'> & Partial<Pick<Io, 'env'>>

/** The content that `sync queue` shows. */
export interface QueueView extends QueueCounts {
  readonly projects: readonly ShownProject[]
  /** The paths of damaged databases that were put aside. */
  readonly aside: readonly string[]
  /** The events that were lost with their file; null if none are known to be. */
  readonly lost?: Lost | null
  readonly why: Why | null
}

export interface ShownProject extends Omit<WaitingProject, 'origin'> {
  /** Why the project's events stay in the queue; null if nothing holds them, or if the reason is unknown. */
  readonly reason?: string | null
  /** More about the reason, for people. */
  readonly detail?: string | null
}

/** A dead letter without its envelope. */
export type ShownLetter = Omit<DeadLetter, 'envelope'> & { readonly envelope: null }

/**
 * Returns the projects with the reasons why their events are held. Events of one project that are held for the same
 * reason share a row.
 */
export function shownProjects(
  waiting: readonly WaitingProject[],
  held: readonly HeldProject[],
): readonly ShownProject[] {
  const rows = new Map<string, ShownProject>()
  for (const one of waiting) {
    const found = held.find(
      ({ project, origins = [] }) => project === one.project && origins.includes(one.origin),
    )
    const key = JSON.stringify([one.project, found?.reason, found?.detail])
    const { count, ...first } = rows.get(key) ?? {
      ...one,
      count: 0,
      reason: found?.reason ?? null,
      detail: found?.detail ?? null,
    }
    rows.set(key, { ...first, count: count + one.count })
  }
  return [...rows.values()]
}

/** Returns the members of the JSON document. */
export function queueDocument({
  queued,
  oldestAt,
  deadLetters,
  projects,
  aside,
  lost = null,
  why,
}: QueueView): object {
  return {
    queued,
    oldest_at: oldestAt,
    dead_letters: deadLetters,
    nothing_leaves: whyDocument(why),
    projects: projects.map((one) => ({
      project: one.project,
      project_uuid: one.projectUuid,
      queued: one.count,
      oldest_at: one.oldestAt,
      attempts: one.attempts,
      last_error: one.lastError,
      reason: one.reason ?? null,
    })),
    damaged_databases: aside,
    lost_events: lost?.events ?? 0,
  }
}

/** Returns the queue as lines of text, for output without `--json`. */
export function queueLines(view: QueueView, now: number, screen: Screen): readonly string[] {
  const { queued, oldestAt, deadLetters, projects, aside, lost = null, why } = view
  const oldest = oldestAt === null ? '' : `, the oldest for ${ageOf(oldestAt, now)}`
  return [
    queued === 0 ? 'no events wait' : `${counted(queued, 'event')} wait${queued === 1 ? 's' : ''}${oldest}`,
    ...(queued === 0 || why === null
      ? []
      : [
          ...wrapWords(whyText(why), screen.columns),
          ...(why.before === undefined ? [] : wrapWords(`${why.before}:`, screen.columns)),
          ...[why.shown ?? why.command, why.also].flatMap((one) =>
            one === undefined ? [] : formatLines([['', one, 'cyan']], screen),
          ),
        ]),
    ...(projects.length === 0 ? [] : ['', ...projectTable(projects, why, now, screen)]),
    ...(deadLetters === 0
      ? []
      : [
          '',
          `the server rejected ${counted(deadLetters, 'event')}: ${paint(screen, 'cyan', inHome`spec-kitty sync queue --dead`)} shows why`,
        ]),
    ...(lost === null
      ? []
      : [
          '',
          lost.text,
          ...remediesOf(lost).flatMap(([text, command]) => [text, `  ${paint(screen, 'cyan', command)}`]),
        ]),
    ...(aside.length === 0 ? [] : ['', ...aside.map((path) => `damaged and put aside: ${path}`)]),
    ...(aside.length === 0
      ? []
      : [
          `${paint(screen, 'cyan', salvageCommand())} saves what can be read of it, and says what to do then`,
        ]),
  ]
}

function projectTable(
  projects: readonly ShownProject[],
  why: Why | null,
  now: number,
  { columns, env }: Screen,
): readonly string[] {
  const closed = why !== null && isClosed(why.reason) ? (HELD_WORDS[why.reason] ?? 'see above') : null
  const isHeld = projects.some(({ reason }) => reason != null)
  const isTried = projects.some(({ attempts }) => attempts > 0)
  return formatTable(
    [
      { title: 'EVENTS', align: 'right', cell: (row) => String(row.count) },
      { title: 'OLDEST', align: 'right', cell: (row) => ageOf(row.oldestAt, now), isExtra: true },
      { title: 'PROJECT', cell: (row) => row.project, shorten: 'middle' },
      ...(isHeld ? [{ title: 'HELD BY', cell: (row: ShownProject) => heldWords(row, closed) }] : []),
      ...(isTried
        ? [
            {
              title: 'TRIED',
              align: 'right' as const,
              cell: (row: ShownProject) => String(row.attempts),
              isExtra: true,
            },
            {
              title: 'LAST ERROR',
              cell: (row: ShownProject) => row.lastError ?? '-',
              shorten: 'end' as const,
            },
          ]
        : []),
    ],
    projects,
    columns,
    env,
  )
}

const HELD_WORDS: Readonly<Record<string, string>> = {
  hosted_sync_disabled: 'hosted sync off',
  no_session: 'not signed in',
  no_consent: 'not opted in',
  consent_unreadable: 'consent unreadable',
  project_missing: 'directory is gone',
  other_project: 'another project there',
}

/** For these details, the words of the reason alone would not be true. */
const DETAIL_WORDS: Readonly<Record<string, string>> = {
  [OPTED_OUT]: 'opted out',
  [NO_PROJECT]: 'no .kittify there',
}

/**
 * Returns why the events of a project are held, in a few words. `closed`: the reason why the events of every project are
 * held; null if there is none.
 */
function heldWords({ reason, detail }: ShownProject, closed: string | null): string {
  const own = reason == null ? null : (DETAIL_WORDS[detail ?? ''] ?? HELD_WORDS[reason] ?? reason)
  const all = [closed, own].filter((one) => one !== null)
  return all.length === 0 ? '-' : all.join(', ')
}

export function lettersDocument(letters: readonly ShownLetter[]): object {
  return {
    dead_letters: letters.map((one) => ({
      event_id: one.eventId,
      event_type: one.eventType,
      project: one.project,
      project_uuid: one.projectUuid,
      queued_at: one.queuedAt,
      rejected_at: one.rejectedAt,
      attempts: one.attempts,
      reason: one.reason,
      category: one.category,
    })),
  }
}

export function letterLines(letters: readonly ShownLetter[], screen: Screen): readonly string[] {
  if (letters.length === 0) return ['the server rejected no event']
  const table = formatTable(
    [
      { title: 'EVENT', cell: (row: ShownLetter) => row.eventId },
      { title: 'TYPE', cell: (row) => row.eventType, isExtra: true },
      { title: 'REJECTED', cell: (row) => clockText(new Date(row.rejectedAt)), isExtra: true },
      { title: 'THE SERVER SAID', cell: (row) => withCategory(row), shorten: 'end' },
      { title: 'PROJECT', cell: (row) => row.project, shorten: 'middle', isExtra: true },
    ],
    letters,
    screen.columns,
    screen.env,
  )
  return [...table, '', ...letterCommands().flatMap(([what, command]) => commandLines(what, command, screen))]
}

const letterCommands = (): readonly (readonly [what: string, command: string])[] => [
  ['look at them', salvageDeadCommand()],
  ['send them again unchanged, once the server takes them', inHome`spec-kitty sync queue retry --all`],
  ['remove some, also to publish corrected ones', inHome`spec-kitty sync queue drop EVENT... --yes`],
]

/** If both do not fit on one line, the command gets its own line, so that it can be copied. */
function commandLines(what: string, command: string, screen: Screen): readonly string[] {
  const shown = paint(screen, 'cyan', command)
  const isShort = wrapWords(`${what}: ${command}`, screen.columns).length === 1
  return isShort ? [`${what}: ${shown}`] : [`${what}:`, `  ${shown}`]
}

function withCategory({ reason, category }: ShownLetter): string {
  return category === null ? reason : `${category}: ${reason}`
}

/** Returns the age of an event, in the same words as `sync status`. */
function ageOf(time: string, now: number): string {
  return describeAge(secondsSince(time, now) ?? 0)
}
