import { remediationOf, splitComment, type Remediation } from 'familiar/cli'

/**
 * The reader of a command. A script must not get a command that waits for a token or a terminal. People get the command
 * that `sync status` shows.
 */
export type Form = 'script' | 'people'

interface Commands {
  readonly command: string
  readonly shown?: string
  /** A second command for people. */
  readonly also?: string
}

interface About {
  readonly description: string
  /** The description for people, if they are shown another command than scripts. */
  readonly forPeople?: string
  /** What people must do by hand before the commands. */
  readonly before?: string | undefined
  readonly isSafe?: boolean
  readonly form: Form
}

/** Returns the remedy with the command in the form for its reader, without the comments of its commands. */
export function remedyOfCommands(
  { command, shown = command, also }: Commands,
  { description, forPeople = description, before, isSafe = true, form }: About,
): Remediation {
  const isShown = form === 'people'
  const forReader = [shown, ...(also === undefined ? [] : [also])].map((one) => splitComment(one)[0])
  return remediationOf({
    commands: isShown ? forReader : [command],
    description: isShown ? forPeople : description,
    safe: isSafe,
    ...(isShown && before !== undefined ? { before } : {}),
  })
}
