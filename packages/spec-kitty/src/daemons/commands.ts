/** The commands that deal with the daemons of a family, as they are shown to users. */
export interface Commands {
  /** Ends what is proven stale. */
  readonly clean: string
  /** Ends this scope's daemon, whatever its version, even if it does not answer. */
  readonly stop: string
  /** Shows the status of the live daemon of another scope, which needs no clean-up. */
  readonly showElsewhere: (scope: string) => string
  /** The prefix that makes `clean` act on this scope; empty if the scope is null, or if `clean` acts on all scopes. */
  readonly inScope: (scope: string | null) => string
}

export const COMMANDS: Readonly<Record<'sync' | 'dashboard', Commands>> = {
  sync: {
    clean: 'spec-kitty auth doctor --reset',
    stop: 'spec-kitty sync stop',
    showElsewhere: (root) => `SPEC_KITTY_HOME=${shellQuote(root)} spec-kitty sync status`,
    inScope: (root) => (root === null ? '' : `SPEC_KITTY_HOME=${shellQuote(root)} `),
  },
  dashboard: {
    clean: 'spec-kitty dashboard --cleanup-all',
    stop: 'spec-kitty dashboard --stop',
    showElsewhere: (project) => `cd ${shellQuote(project)} && spec-kitty dashboard --status`,
    inScope: () => '',
  },
}

/** Returns the command that ends one listener of the family's range, even one that needs a decision. */
export function forceCommand({ clean }: Commands, port: number | null): string {
  return `${clean} --force${port === null ? '' : ` --port ${port}`}`
}

/** Returns the text as one word for a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
