import { remediationOf, type Remediation } from 'familiar/cli'

/** A script must get no command that waits for a token or a terminal; people get the one that `sync status` shows. */
export type Form = 'script' | 'people'

interface Commands {
  readonly command: string
  readonly shown?: string
}

interface About {
  readonly description: string
  /** The description where people are shown another command than scripts. */
  readonly forPeople?: string
  readonly isSafe?: boolean
  readonly form: Form
}

/** Returns the remedy with the command in the form in which it is shown, without the comment of that command. */
export function remedyOfCommands(
  { command, shown = command }: Commands,
  { description, forPeople = description, isSafe = true, form }: About,
): Remediation {
  const isShown = form === 'people'
  const [bare = shown] = shown.split('  # ')
  return remediationOf({
    commands: [isShown ? bare : command],
    description: isShown ? forPeople : description,
    safe: isSafe,
  })
}
