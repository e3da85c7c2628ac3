import type { Words } from '../define/options.js'

/** What the user can do about a finding or a listener: one remedy, the mildest that works. */
export interface Remedy {
  /** At least one. Each runs as it stands in a shell, one after the other; none contains prose. */
  readonly commands: readonly string[]
  /** What the commands do or, where they only explain, what the user can do. One sentence without a full stop. */
  readonly description: string
  /** True only if the commands can end nothing but what is `safe_auto`. */
  readonly safe: boolean
  /** The command to run first where nothing else tells what a process is used for. It only shows the process. */
  readonly look?: string
}

/** The remedy of a finding. `command` is the first of `commands`, for scripts that were written for earlier versions. */
export type Remediation = Remedy & { readonly command: string }

/** Returns the remedy of a finding. */
export function remediationOf(remedy: Remedy): Remediation {
  return { command: remedy.commands[0] ?? '', ...remedy }
}

/** Returns the remedy of a problem that no command solves from here: the command explains the id. */
export function explained({ explain }: Pick<Words, 'explain'>, id: string, description: string): Remedy {
  return { commands: [`${explain} ${id}`], description, safe: true }
}

/** Returns whether the remedy only explains. */
export function isExplanation({ explain }: Pick<Words, 'explain'>, { commands }: Remedy): boolean {
  return commands.every((command) => command.startsWith(`${explain} `))
}
