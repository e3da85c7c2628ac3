import { shellQuote } from 'familiar/cli'
import { removeCommand } from './queue/quarantined-databases.js'
import { salvageDeadCommand } from './queue/queue-errors.js'
import type { Found, SalvagedEvent } from './queue/salvage.js'
import { inHome } from '../cli/in-home.js'

/** What an export has read from the damaged databases that were put aside. */
export interface SalvageReport {
  readonly salvaged: number
  /** The projects whose events were saved. */
  readonly projects: readonly string[]
  /** The databases from which no event could be read, except those that are whole and have none. */
  readonly unreadable: readonly string[]
  /** The other databases that were read to their end, and of which every event was exported. */
  readonly whole: readonly string[]
  /** Those that were read to their end, and have events that were not exported. */
  readonly partly: readonly string[]
  /** What is said of those without events. */
  readonly without: readonly string[]
}

/** What is said of a file in which no event was found. */
const WITHOUT: Readonly<Record<Found, (file: string) => string>> = {
  no_events: (file) => `no event is in ${file}`,
  other_database: (file) => `no event could be read in ${file}: it is a database of another program`,
  no_database: (file) =>
    `no event could be read in ${file}: it is not a database, or its beginning is damaged`,
  no_content: (file) => `no event could be read in ${file}: it has 0 bytes`,
  damaged: (file) => `no event could be read in ${file}`,
}

/** Counts the events that pass through it. */
export function salvageCounter(): {
  readonly seen: (event: SalvagedEvent, isExported: boolean) => void
  /**
   * Called with each database that was read to its end, and what it is if no event was found in it. One that was not read
   * to its end is in no list of the report.
   */
  readonly read: (database: string, found?: Found) => void
  readonly report: () => SalvageReport
  /** Returns how many events could be read in a database. */
  readonly sizeOf: (database: string) => { readonly waiting: number; readonly rejected: number }
} {
  let salvaged = 0
  const sizes = new Map<string, { waiting: number; rejected: number }>()
  const sizeOf = (database: string) => sizes.get(database) ?? { waiting: 0, rejected: 0 }
  const projects = new Set<string>()
  const [read, readable, partly] = [new Map<string, Found>(), new Set<string>(), new Set<string>()]
  return {
    sizeOf,
    seen: ({ database, project, isDead }, isExported) => {
      const { waiting, rejected } = sizeOf(database)
      sizes.set(database, isDead ? { waiting, rejected: rejected + 1 } : { waiting: waiting + 1, rejected })
      readable.add(database)
      if (!isExported) partly.add(database)
      else {
        salvaged += 1
        projects.add(project)
      }
    },
    read: (database, found = 'damaged') => void read.set(database, found),
    report: () => {
      const all = [...read].map(([one, found]) => {
        return { one, found, isWhole: readable.has(one) || found === 'no_events' }
      })
      return {
        salvaged,
        projects: [...projects],
        unreadable: all.filter((each) => !each.isWhole).map(({ one }) => one),
        whole: all.filter((each) => each.isWhole && !partly.has(each.one)).map(({ one }) => one),
        partly: all.filter(({ one }) => partly.has(one)).map(({ one }) => one),
        without: all.filter(({ one }) => !readable.has(one)).map(({ one, found }) => WITHOUT[found](one)),
      }
    },
  }
}

/**
 * Returns the lines to print below `without`, after an export of all waiting events from damaged databases: how to queue
 * them again, how to save those that the server had rejected, and that a database of which nothing is left to save may be
 * removed after that. A line that begins with a blank is a command. `file` is `-` for standard output.
 */
export function salvageLines(
  { salvaged, projects, unreadable, whole, partly }: SalvageReport,
  file: string,
): readonly string[] {
  const again =
    salvaged === 1
      ? '1 event was in a damaged database; to queue it again:'
      : `${salvaged} events were in damaged databases; to queue them again:`
  const removable = [...unreadable, ...whole].toSorted()
  return [
    ...(salvaged === 0 ? [] : [again, ...publishLines(projects, file === '-' ? 'FILE' : shellQuote(file))]),
    ...(partly.length === 0
      ? []
      : [
          ...partly.map((one) => `events that the server had rejected are in ${one}; to save them:`),
          `  ${salvageDeadCommand()}`,
        ]),
    ...(removable.length === 0
      ? []
      : [
          whole.length === 0
            ? 'if you do not need what was put aside:'
            : 'then what was put aside can be removed:',
          `  ${removeCommand(removable)}`,
        ]),
  ]
}

/**
 * Like `salvageLines`, after an export from a queue file that is not damaged and not that of the home. `forget`: the command
 * that ends the warning about lost events; null if there is none.
 */
export function copyLines(
  { salvaged, projects, partly }: SalvageReport,
  file: string,
  { queue, forget }: { readonly queue: string; readonly forget: string | null },
): readonly string[] {
  const from = ` --from ${shellQuote(queue)}`
  const again = salvaged === 1 ? 'to queue it again:' : 'to queue them again:'
  return [
    ...(salvaged === 0
      ? []
      : [again, ...publishLines(projects, file === '-' ? 'FILE' : shellQuote(file), from)]),
    ...(partly.length === 0
      ? []
      : [
          'events that the server had rejected are in it too; to save them:',
          `  ${salvageDeadCommand()}${from}`,
        ]),
    ...(salvaged === 0 || forget === null
      ? []
      : ['then, to end the warning that they are lost:', `  ${forget}`]),
  ]
}

/** An event belongs to the project that publishes it, and leaves with the consent of that project. */
function publishLines(projects: readonly string[], file: string, from = ''): readonly string[] {
  const isOne = projects.length === 1
  return [
    ...projects.map(
      (one) => inHome`  spec-kitty sync publish - --project ${shellQuote(one)} < ${isOne ? file : 'FILE'}`,
    ),
    ...(isOne
      ? []
      : [
          'each with a FILE of that project alone:',
          inHome`  spec-kitty sync queue --export FILE --project DIR${from}`,
        ]),
  ]
}
