import { shellQuote } from 'familiar/cli'
import { removeCommand } from './queue/quarantined-databases.js'
import { SALVAGE_DEAD_COMMAND } from './queue/queue-errors.js'
import type { SalvagedEvent } from './queue/salvage.js'

/** What an export has read from the damaged databases that were put aside. */
export interface SalvageReport {
  readonly salvaged: number
  /** The projects whose events were saved. */
  readonly projects: readonly string[]
  /** The databases from which no event could be read. */
  readonly unreadable: readonly string[]
  /** The other databases that were read to their end, and of which every event was exported. */
  readonly whole: readonly string[]
  /** Those that were read to their end, and have events that were not exported. */
  readonly partly: readonly string[]
}

/** Counts the events that pass through it. */
export function salvageCounter(): {
  readonly seen: (event: SalvagedEvent, isExported: boolean) => void
  /** Called with each database that was read to its end. One that was not is in no list of the report. */
  readonly read: (database: string) => void
  readonly report: () => SalvageReport
  /** Returns how many events could be read in a database. */
  readonly sizeOf: (database: string) => { readonly waiting: number; readonly rejected: number }
} {
  let salvaged = 0
  const sizes = new Map<string, { waiting: number; rejected: number }>()
  const sizeOf = (database: string) => sizes.get(database) ?? { waiting: 0, rejected: 0 }
  const projects = new Set<string>()
  const [read, readable, partly] = [new Set<string>(), new Set<string>(), new Set<string>()]
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
    read: (database) => void read.add(database),
    report: () => ({
      salvaged,
      projects: [...projects],
      unreadable: [...read].filter((one) => !readable.has(one)),
      whole: [...read].filter((one) => readable.has(one) && !partly.has(one)),
      partly: [...read].filter((one) => partly.has(one)),
    }),
  }
}

/**
 * Returns the lines to print after an export of all waiting events from damaged databases: how to queue them again, how to
 * save those that the server had rejected, and that a database of which nothing is left to save may be removed after
 * that. A line that begins with a blank is a command. `file` is `-` for standard output.
 */
export function salvageLines(
  { salvaged, projects, unreadable, whole, partly }: SalvageReport,
  file: string,
): readonly string[] {
  const failed = unreadable.map((one) => `no event could be read in ${one}`)
  const again =
    salvaged === 1
      ? '1 event was in a damaged database; to queue it again:'
      : `${salvaged} events were in damaged databases; to queue them again:`
  const removable = [...unreadable, ...whole].toSorted()
  return [
    ...failed,
    ...(salvaged === 0 ? [] : [again, ...publishLines(projects, file === '-' ? 'FILE' : shellQuote(file))]),
    ...(partly.length === 0
      ? []
      : [
          ...partly.map((one) => `events that the server had rejected are in ${one}; to save them:`),
          `  ${SALVAGE_DEAD_COMMAND}`,
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
  { salvaged, projects, unreadable, partly }: SalvageReport,
  file: string,
  { queue, forget }: { readonly queue: string; readonly forget: string | null },
): readonly string[] {
  const from = ` --from ${shellQuote(queue)}`
  const again = salvaged === 1 ? 'to queue it again:' : 'to queue them again:'
  return [
    ...unreadable.map((one) => `no event could be read in ${one}`),
    ...(salvaged === 0
      ? []
      : [again, ...publishLines(projects, file === '-' ? 'FILE' : shellQuote(file), from)]),
    ...(partly.length === 0
      ? []
      : [
          'events that the server had rejected are in it too; to save them:',
          `  ${SALVAGE_DEAD_COMMAND}${from}`,
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
      (one) => `  spec-kitty sync publish - --project ${shellQuote(one)} < ${isOne ? file : 'FILE'}`,
    ),
    ...(isOne
      ? []
      : [
          'each with a FILE of that project alone:',
          `  spec-kitty sync queue --export FILE --project DIR${from}`,
        ]),
  ]
}
