import type { Words } from 'familiar'
import { shellQuote } from 'familiar/cli'
import { inHome } from '../cli/in-home.js'
import { VERSION_VARIABLE } from '../installation.js'

const PREDECESSOR = 'the Python spec-kitty'

/** The names by which users know the daemons and their commands, by the name of the family. */
export const WORDS = {
  sync: {
    title: 'sync daemon',
    command: 'spec-kitty sync',
    get start() {
      return inHome`spec-kitty sync start`
    },
    get stop() {
      return inHome`spec-kitty sync stop`
    },
    get restart() {
      return inHome`spec-kitty sync restart`
    },
    get status() {
      return inHome`spec-kitty sync status`
    },
    get clean() {
      return inHome`spec-kitty auth doctor --reset`
    },
    showElsewhere: (root) => `SPEC_KITTY_HOME=${shellQuote(root)} spec-kitty sync status`,
    explain: 'spec-kitty explain',
    inScope: (root) => (root === null ? '' : `SPEC_KITTY_HOME=${shellQuote(root)} `),
    // Advice for a user whose daemon runs where a command cannot reach it.
    otherScopeHint: 'set SPEC_KITTY_HOME to another directory to have another daemon here',
    scope: 'home',
    predecessor: PREDECESSOR,
    predecessorStop: 'spec-kitty sync stop',
    versionVariable: VERSION_VARIABLE,
    reasonNames: { other_family: 'dashboard_family', not_ours: 'not_spec_kitty' },
  },
  dashboard: {
    title: 'dashboard',
    command: 'spec-kitty dashboard',
    start: 'spec-kitty dashboard',
    stop: 'spec-kitty dashboard --stop',
    restart: 'spec-kitty dashboard restart',
    status: 'spec-kitty dashboard --status',
    // The command contains `--yes`, because without a terminal nobody could answer its question, and it would end
    // nothing.
    clean: 'spec-kitty dashboard clean-up --yes',
    showElsewhere: (project) => `cd ${shellQuote(project)} && spec-kitty dashboard --status`,
    explain: 'spec-kitty explain',
    inScope: () => '',
    otherScopeHint: '',
    scope: 'project',
    predecessor: PREDECESSOR,
    predecessorStop: '',
    versionVariable: VERSION_VARIABLE,
    reasonNames: { other_family: 'sync_family', not_ours: 'not_spec_kitty' },
  },
} satisfies Record<'sync' | 'dashboard', Words>
