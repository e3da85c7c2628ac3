import type { Words } from 'familiar'

/** Returns the text as one word for a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** A hint for the case that this root's daemon runs where a command cannot reach it. */
export const OTHER_ROOT = 'set SPEC_KITTY_HOME to another directory to have another daemon here'

/** How users call the daemons and their commands, by the name of the family. */
export const WORDS = {
  sync: {
    title: 'sync daemon',
    start: 'spec-kitty sync start',
    stop: 'spec-kitty sync stop',
    restart: 'spec-kitty sync restart',
    status: 'spec-kitty sync status',
    clean: 'spec-kitty auth doctor --reset',
    showElsewhere: (root) => `SPEC_KITTY_HOME=${shellQuote(root)} spec-kitty sync status`,
    inScope: (root) => (root === null ? '' : `SPEC_KITTY_HOME=${shellQuote(root)} `),
    otherScopeHint: OTHER_ROOT,
    versionVariable: 'SPEC_KITTY_CLI_VERSION',
    reasonNames: { other_family: 'dashboard_family', not_ours: 'not_spec_kitty' },
  },
  dashboard: {
    title: 'dashboard',
    start: 'spec-kitty dashboard',
    stop: 'spec-kitty dashboard --stop',
    restart: 'spec-kitty dashboard --stop && spec-kitty dashboard',
    status: 'spec-kitty dashboard --status',
    clean: 'spec-kitty dashboard --cleanup-all',
    showElsewhere: (project) => `cd ${shellQuote(project)} && spec-kitty dashboard --status`,
    inScope: () => '',
    otherScopeHint: '',
    versionVariable: 'SPEC_KITTY_CLI_VERSION',
    reasonNames: { other_family: 'sync_family', not_ours: 'not_spec_kitty' },
  },
} satisfies Record<'sync' | 'dashboard', Words>

/** Returns the command that ends one listener of the family's range, even one that needs a decision. */
export function forceCommand({ clean }: Pick<Words, 'clean'>, port: number | null): string {
  return `${clean} --force${port === null ? '' : ` --port ${port}`}`
}
