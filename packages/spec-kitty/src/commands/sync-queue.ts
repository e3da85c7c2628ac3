import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import {
  EXIT,
  note,
  parseOptions,
  printable,
  printJson,
  printLines,
  realPath,
  UsageError,
  type Io,
} from 'familiar/cli'
import { SYNC_QUEUE } from '../cli/describe/events.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/define-daemons.js'
import { workingDirectory } from '../daemons/project-directory.js'
import { counted } from '../sync/ages.js'
import { markExported, markUnreadable, quarantinedDatabases } from '../sync/queue/quarantined-databases.js'
import type { salvageCounter, SalvageReport } from '../sync/salvage-report.js'
import { settleSize } from '../sync/queue/damaged-note.js'
import { forgetLost, lostNow, tellLoss } from '../sync/lost-events.js'
import { assertExportable } from '../sync/export-path.js'
import type { SqliteQueue } from '../sync/queue/sqlite-queue.js'
import type { ShownLetter } from '../sync/show-queue.js'
import { lookAtQueue } from '../sync/use-queue.js'
import { viewWork } from '../sync/work-view.js'
import { queuePath } from '../sync/queue/queue-path.js'

/** Shows or exports the waiting events. Does not create a queue. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const values = parseOptions(SYNC_QUEUE, args, { command: 'sync queue' })
  const root = runtimeRoot(io)
  if (values.export !== undefined)
    return exportQueue(
      root,
      { ...values, project: values.project, from: values.from, file: values.export },
      io,
    )
  return values.dead ? showLetters(root, values.json, io) : showQueue(root, values.json, io)
}

async function showQueue(root: string, isJson: boolean, io: Io): Promise<number> {
  const { queueDocument, queueLines, shownProjects } = await import('../sync/show-queue.js')
  const seen = await lookAtQueue(root, (queue) => ({ ...queue.counts(), projects: queue.waiting() }))
  const empty = { queued: 0, oldestAt: null, deadLetters: 0, projects: [] }
  const counts = seen ?? empty
  const { why, queue, lost } = await viewWork(root, io.env, await syncDaemon.at(root).status())
  const view = {
    ...counts,
    projects: shownProjects(counts.projects, queue?.held ?? []),
    aside: quarantinedDatabases(queuePath(root)),
    lost,
    why,
  }
  if (isJson) printJson(queueDocument(view), io)
  else printLines(io, queueLines(view, Date.now(), io))
  return EXIT.ok
}

async function showLetters(root: string, isJson: boolean, io: Io): Promise<number> {
  const { letterLines, lettersDocument } = await import('../sync/show-queue.js')
  const letters = (await lookAtQueue(root, lettersIn)) ?? []
  if (isJson) printJson(lettersDocument(letters), io)
  else printLines(io, letterLines(letters, io))
  return EXIT.ok
}

/** Returns the dead letters without their envelopes, which would take too much memory. */
function lettersIn(queue: SqliteQueue): readonly ShownLetter[] {
  return Array.from(queue.deadLetters(), (letter) => ({ ...letter, envelope: null }))
}

interface Export {
  readonly file: string
  /** The directory of the project whose events are exported; undefined for those of all. */
  readonly project: string | undefined
  /** The queue file to read; undefined for that of the home. */
  readonly from: string | undefined
  readonly dead: boolean
  readonly json: boolean
}

async function exportQueue(
  root: string,
  { file, project, from, dead, json }: Export,
  io: Io,
): Promise<number> {
  if (file === '-' && json) throw new UsageError('use either --export - or --json')
  const [{ exportLines }, { copyLines, salvageCounter, salvageLines }] = await Promise.all([
    import('../sync/queue-export.js'),
    import('../sync/salvage-report.js'),
  ])
  const path = file === '-' || isAbsolute(file) ? file : resolve(workingDirectory(io), file)
  if (path !== '-') assertExportable(root, path)
  const counter = salvageCounter()
  const wanted = project === undefined ? null : resolve(workingDirectory(io), project)
  const other = from === undefined ? null : copyAt(resolve(workingDirectory(io), from), root)
  const envelopes = envelopesIn(root, { dead, wanted, other }, counter, io)
  const exported = await exportLines(envelopes, path, io)
  const report = counter.report()
  const { salvaged, unreadable } = report
  if (other === null) {
    markRead(report, { dead, isAll: wanted === null && path !== '-' })
    for (const one of [...unreadable, ...report.whole, ...report.partly]) settleSize(one, counter.sizeOf(one))
  }
  if (json) printJson({ exported, file: path, salvaged, unreadable_databases: unreadable }, io)
  else {
    const none = exported === 0 && path !== '-' ? '; no file was written' : ''
    note(io, `exported ${counted(exported, 'event')}${wanted === null ? '' : ` of ${wanted}`}${none}`)
    for (const line of report.without) say(line, io)
    // Events that the server has rejected should not be queued again unchanged, and those of one project are not all.
    const lines =
      other === null
        ? salvageLines(report, path)
        : copyLines(report, path, {
            queue: other,
            forget: (await lostNow(root)) === null ? null : forgetLost(),
          })
    if (!dead && wanted === null) for (const line of lines) say(line, io)
    if (other === null && report.whole.length + report.partly.length + unreadable.length > 0)
      await tellLoss(root, io)
  }
  return unreadable.length === 0 ? EXIT.ok : EXIT.problem
}

/** Remembers what was found in the databases that were put aside. `isAll`: whether all that can be read went into a file. */
function markRead(
  report: SalvageReport,
  { dead, isAll }: { readonly dead: boolean; readonly isAll: boolean },
): void {
  for (const database of report.unreadable) markUnreadable(database)
  // The events of one project are not all that can be saved. Standard output may lead nowhere.
  if (isAll) markAll(report, dead ? 'rejected' : 'waiting')
}

/**
 * Returns the path if it may be read as a copy. Anything but a regular file could keep a reader waiting for ever. The queue
 * of the home is in use: what is read beside its log may not fit to it, and its events wait already.
 */
function copyAt(path: string, root: string): string {
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`)
  if (!statSync(path).isFile()) throw new UsageError(`${path} is not a file`)
  if (isSameFile(path, queuePath(root)))
    throw new UsageError(`${path} is the queue of this home: leave out --from to export it`)
  try {
    accessSync(path, constants.R_OK)
  } catch {
    throw new UsageError(`${path} cannot be read: you have no permission`)
  }
  return path
}

function isSameFile(path: string, other: string): boolean {
  const [one, two] = [path, other].map((each) => statSync(each, { bigint: true, throwIfNoEntry: false }))
  return one !== undefined && one.dev === two?.dev && one.ino === two.ino
}

/** Where every event was of this kind, there is none of the other kind to save. */
function markAll({ whole, partly }: SalvageReport, kind: 'waiting' | 'rejected'): void {
  for (const database of [...whole, ...partly]) markExported(database, kind)
  for (const database of whole) markExported(database, kind === 'waiting' ? 'rejected' : 'waiting')
}

/** A command is not wrapped, so that it can be copied. */
function say(line: string, io: Io): void {
  if (!line.startsWith(' ')) note(io, line)
  else if (io.isQuiet !== true) io.err(`${printable(line)}\n`)
}

interface Wanted {
  readonly dead: boolean
  /** The directory of the project; null for all. */
  readonly wanted: string | null
  /** Another queue file than that of the home; null for that. */
  readonly other: string | null
}

/**
 * A damaged database is detected and put aside first, so that its readable events are exported together with those of
 * other damaged databases.
 */
async function* envelopesIn(
  root: string,
  { dead: isDead, wanted, other }: Wanted,
  counter: Pick<ReturnType<typeof salvageCounter>, 'seen' | 'read'>,
  io: Io,
): AsyncGenerator<string> {
  const { openQueueIfThere } = await import('../sync/queue/open-queue.js')
  const { salvageAll } = await import('../sync/queue/salvage.js')
  const path = queuePath(root)
  const queue =
    other === null
      ? await openQueueIfThere(path, { onNotice: (text) => note(io, text), isSuspect: true })
      : null
  try {
    const places = wanted === null ? new Set<string>() : new Set([wanted, realPath(wanted) ?? wanted])
    const isWanted = (one: string): boolean => wanted === null || places.has(one)
    // One that is put aside from now on was not looked at.
    const databases = other === null ? quarantinedDatabases(path) : [other]
    for (const event of await salvageAll(databases, counter.read)) {
      const isExported = event.isDead === isDead && isWanted(event.project)
      counter.seen(event, isExported)
      if (isExported) yield event.envelope
    }
    const events = isDead ? queue?.deadLetters() : queue?.events()
    for (const { envelope, project } of events ?? []) if (isWanted(project)) yield envelope
  } finally {
    queue?.[Symbol.dispose]()
  }
}
