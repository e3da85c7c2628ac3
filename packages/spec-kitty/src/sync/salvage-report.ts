import { shellQuote } from 'familiar/cli'
import { removeCommand } from './queue/quarantined-databases.js'
import type { SalvagedEvent } from './queue/salvage.js'

/** What an export has read from the damaged databases that were put aside. */
export interface SalvageReport {
  readonly salvaged: number
  /** The projects whose events were saved. */
  readonly projects: readonly string[]
  /** The databases from which no event could be read. */
  readonly unreadable: readonly string[]
}

/** Counts the events that pass through it. `databases`: all databases that were put aside. */
export function salvageCounter(): {
  readonly seen: (event: SalvagedEvent, isExported: boolean) => void
  readonly report: (databases: readonly string[]) => SalvageReport
} {
  let salvaged = 0
  const projects = new Set<string>()
  const readable = new Set<string>()
  return {
    seen: ({ database, project }, isExported) => {
      readable.add(database)
      if (!isExported) return
      salvaged += 1
      projects.add(project)
    },
    report: (databases) => ({
      salvaged,
      projects: [...projects],
      unreadable: databases.filter((one) => !readable.has(one)),
    }),
  }
}

/**
 * Returns the lines to print after an export of damaged databases: how to queue their events again, and that the
 * databases may be removed after that. A line that begins with a blank is a command. `file` is `-` for standard output,
 * `databases` are all that were put aside.
 */
export function salvageLines(
  { salvaged, projects, unreadable }: SalvageReport,
  file: string,
  databases: readonly string[],
): readonly string[] {
  const failed = unreadable.map((one) => `no event could be read in ${one}`)
  if (salvaged === 0 && failed.length === 0) return []
  const again =
    salvaged === 1
      ? '1 event was in a damaged database; to queue it again:'
      : `${salvaged} events were in damaged databases; to queue them again:`
  return [
    ...failed,
    ...(salvaged === 0 ? [] : [again, ...publishLines(projects, file === '-' ? 'FILE' : shellQuote(file))]),
    salvaged === 0 ? 'if you do not need what was put aside:' : 'then what was put aside can be removed:',
    `  ${removeCommand(databases)}`,
  ]
}

/** An event belongs to the project that publishes it, and leaves with the consent of that project. */
function publishLines(projects: readonly string[], file: string): readonly string[] {
  const isOne = projects.length === 1
  return [
    ...projects.map(
      (one) => `  spec-kitty sync publish - --project ${shellQuote(one)} < ${isOne ? file : 'FILE'}`,
    ),
    ...(isOne
      ? []
      : ['each with a FILE of that project alone:', '  spec-kitty sync queue --export FILE --project DIR']),
  ]
}
