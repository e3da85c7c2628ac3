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
  /** What the user must do by hand before the commands, without a full stop. Only in remedies that people are shown. */
  readonly before?: string
}

/** What keeps every command from ending, starting or replacing a daemon of the scope. */
export interface Obstacle {
  /** The finding that says what to do about it. */
  readonly id: string
  readonly problem: string
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

/** Returns what a remedy is replaced by while an obstacle keeps every command of this scope from working. */
export function obstructed({ explain }: Pick<Words, 'explain'>, { id }: Obstacle): Remedy {
  return explained({ explain }, id, `nothing can be done about it until ${id} is solved`)
}

/** The commands that change something in this scope. */
type Acting = Pick<Words, 'start' | 'stop' | 'restart' | 'clean'>

/** Returns whether the remedy needs to change something in this scope. Commands for another scope name that scope first. */
export function actsHere({ start, stop, restart, clean }: Acting, { commands }: Remedy): boolean {
  return commands.some(
    (command) => [start, stop, restart, clean].includes(command) || command.startsWith(`${clean} `),
  )
}

/** Returns whether the remedy only explains. */
export function isExplanation({ explain }: Pick<Words, 'explain'>, { commands }: Remedy): boolean {
  return commands.every((command) => command.startsWith(`${explain} `))
}
