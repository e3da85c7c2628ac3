import { daemonCommands, JSON_OPTION, type CommandSpec } from 'familiar/cli'

const { start, stop, restart, status, logs } = daemonCommands({
  title: 'sync daemon',
  command: 'spec-kitty sync',
})

const HOME = ['SPEC_KITTY_HOME'] as const
const STARTING = ['SPEC_KITTY_HOME', 'FAMILIAR_DISABLE', 'SYNC_NO_DAEMON'] as const

/** What a running daemon does. */
const CLEANS =
  "While it runs, the daemon ends what is proven stale in this home by itself, as 'auth doctor --reset' does: after its start, and later when a command connects to it, at most once a minute. 'sync logs' shows it (siblings_retired)."

export const SYNC_START = {
  ...start,
  about: 'Starts the sync daemon of this home, or finds the one that runs.',
  more: [
    'Works whatever the variables about auto-start say, in CI, and without a session. Replaces a daemon of an older version.',
    CLEANS,
  ],
  environment: STARTING,
} as const satisfies CommandSpec

export const SYNC_STOP = {
  ...stop,
  about: 'Stops the sync daemon of this home, of this version or another.',
  more: [
    "A daemon of the Python spec-kitty that runs beside ours, or in a home in which ours ran before, is left alone, because commands of its own version may use it: 'sync stop' of that version ends it. If that is not installed any more, 'spec-kitty explain F-011' says what does.",
  ],
  environment: HOME,
} as const satisfies CommandSpec

export const SYNC_RESTART = {
  ...restart,
  about: 'Stops the sync daemon of this home and starts a new one.',
  more: ['Where the new one could not write its record (a full disk), nothing is stopped.', CLEANS],
  environment: STARTING,
} as const satisfies CommandSpec

export const SYNC_STATUS = {
  ...status,
  about:
    'Shows what waits to be sent, every reason why nothing leaves, and the sync daemon of this home: whether it runs, since when, its last stop and why.',
  more: [
    'Also shows its version beside that of this command, and whether commands may start it on their own. Starts nothing.',
  ],
  environment: [
    'SPEC_KITTY_HOME',
    'SPEC_KITTY_ENABLE_SAAS_SYNC',
    'SPEC_KITTY_SYNC_DISABLE',
    'SPEC_KITTY_SAAS_URL',
  ],
} as const satisfies CommandSpec

export const SYNC_LOGS = {
  ...logs,
  about: 'Prints the log of the sync daemon of this home.',
  more: ["'spec-kitty explain EVENT' says what an event means: the word after the time."],
  environment: HOME,
} as const satisfies CommandSpec

export const SYNC_LIST = {
  options: { json: JSON_OPTION },
  about:
    'Shows every home on this machine that has a sync daemon, and how it stands; * marks the home of this command.',
  more: [
    'It only looks, and finds the homes by what listens on ports 9400-9449; ~/.spec-kitty also when its daemon crashed.',
  ],
  examples: [
    ['spec-kitty sync list', 'for people'],
    [
      'spec-kitty sync list --json | jq \'.homes[] | select(.state != "running")\'',
      'the homes whose daemon does not run',
    ],
  ],
  environment: HOME,
  exits: { 0: 'shown', 1: 'not used' },
} as const satisfies CommandSpec
