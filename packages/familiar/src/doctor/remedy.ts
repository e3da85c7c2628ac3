import type { Words } from '../define/options.js'

/** What the user can do about a finding or a listener: the mildest remedy that works. */
export interface Remedy {
  /** At least one. Each can be run in a shell as it is, one after the other, and contains no prose. */
  readonly commands: readonly string[]
  /** What the commands do or, if they only explain, what the user can do. One sentence without a full stop. */
  readonly description: string
  /** True only if the commands cannot end anything except `safe_auto` candidates. */
  readonly safe: boolean
  /** The command to run first if nothing else shows what a process is used for. It only shows the process. */
  readonly look?: string
}

/** The remedy of a finding. `command` is the first of `commands`, for scripts written for earlier versions. */
export type Remediation = Remedy & { readonly command: string }

/** Returns a remedy in the form that a finding contains: with `command`. */
export function remediationOf(remedy: Remedy): Remediation {
  return { command: remedy.commands[0] ?? '', ...remedy }
}

/** Returns the remedy of a problem that no command can solve from here: the command that explains the id. */
export function explained({ explain }: Pick<Words, 'explain'>, id: string, description: string): Remedy {
  return { commands: [`${explain} ${id}`], description, safe: true }
}

/** Returns whether the remedy only explains. */
export function isExplanation({ explain }: Pick<Words, 'explain'>, { commands }: Remedy): boolean {
  return commands.every((command) => command.startsWith(`${explain} `))
}
