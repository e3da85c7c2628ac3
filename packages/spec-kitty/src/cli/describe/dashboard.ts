import { daemonCommands, JSON_OPTION, type CommandSpec } from 'familiar/cli'

const { stop, status, logs } = daemonCommands({ title: 'dashboard', command: 'spec-kitty dashboard' })

const HOME = ['SPEC_KITTY_HOME'] as const
const STARTING = ['SPEC_KITTY_HOME', 'BROWSER', 'FAMILIAR_DISABLE', 'DASHBOARD_NO_DAEMON'] as const

const PORT = { kind: 'port', name: 'N' } as const

const CLEAN_UP_OPTIONS = {
  force: { text: 'also end those that need a decision (operator_required)' },
  port: { value: PORT, text: 'only the one on this port' },
  'dry-run': { text: 'say what would be done, do nothing' },
  yes: { text: 'do not ask' },
  json: JSON_OPTION,
} as const

export const DASHBOARD = {
  options: {
    open: { text: 'also open it in the browser' },
    foreground: { text: 'run it in this process, until Ctrl+C' },
    status: { text: 'the same as dashboard status' },
    check: { text: 'with --status: exit 0 only if it runs' },
    stop: { text: 'the same as dashboard stop' },
    'cleanup-all': { text: 'the same as dashboard clean-up' },
    force: { text: 'with --cleanup-all: also end those that need a decision' },
    port: {
      value: PORT,
      text: 'start it on this port or not at all; one that runs already keeps its port; with --cleanup-all: only the one on this port',
    },
    'dry-run': { text: 'with --cleanup-all: say what would be done, do nothing' },
    yes: { text: 'with --cleanup-all: do not ask' },
    json: JSON_OPTION,
  },
  forms: [
    { may: ['open', 'port', 'json'] },
    { lead: 'foreground', may: ['port'] },
    { lead: 'status', may: ['check', 'json'] },
    { lead: 'stop', may: ['json'] },
    { lead: 'cleanup-all', may: ['force', 'port', 'dry-run', 'yes', 'json'] },
  ],
  about: 'Starts or finds the dashboard of this project, and prints its URL.',
  more: ['The project is the nearest directory with .kittify or kitty-specs, from the current one upward.'],
  examples: [
    ['spec-kitty dashboard --open', 'see this project in the browser'],
    ['spec-kitty dashboard status', 'whether it runs'],
    ['spec-kitty dashboard clean-up', 'end the orphaned dashboards of all projects'],
  ],
  environment: [...STARTING, 'SPEC_KITTY_NON_INTERACTIVE'],
  exits: { 0: 'done', 1: 'it could not be done, or with --check: it does not run' },
} as const satisfies CommandSpec

export const DASHBOARD_STATUS = {
  ...status,
  about:
    'Shows whether the dashboard of this project runs, since when, its version, and its last stop and why.',
  environment: HOME,
} as const satisfies CommandSpec

export const DASHBOARD_STOP = {
  ...stop,
  about: 'Stops the dashboard of this project, of this version or another.',
  more: [
    'A dashboard of the Python spec-kitty that runs beside ours, or in a project in which ours ran before, is left alone; it says so.',
  ],
  environment: HOME,
} as const satisfies CommandSpec

export const DASHBOARD_RESTART = {
  options: { open: { text: 'also open it in the browser' }, json: JSON_OPTION },
  about: 'Stops the dashboard of this project and starts a new one.',
  more: ['A dashboard whose successor could not start is not stopped.'],
  examples: [
    ['spec-kitty dashboard restart', 'stop it, start a new one, print its URL'],
    ['spec-kitty dashboard restart --open', 'and open it in the browser'],
  ],
  environment: STARTING,
  exits: { 0: 'a new one runs', 1: 'it could not be done: it does not start, or the old one does not end' },
} as const satisfies CommandSpec

export const DASHBOARD_LOGS = {
  ...logs,
  about: 'Prints the log of the dashboard of this project.',
  more: ["'spec-kitty explain EVENT' says what an event means: the word after the time."],
  environment: HOME,
} as const satisfies CommandSpec

export const DASHBOARD_CLEAN_UP = {
  options: CLEAN_UP_OPTIONS,
  about: 'Ends the orphaned dashboards of all projects; asks first.',
  more: ['A dashboard that is known to be in use is never ended, with --force or without.'],
  examples: [
    ['spec-kitty dashboard clean-up --dry-run', 'what it would end'],
    ['spec-kitty dashboard clean-up', 'look, ask, and end'],
    ['spec-kitty dashboard clean-up --yes', 'the same without a question, for a script'],
  ],
  environment: ['SPEC_KITTY_HOME', 'SPEC_KITTY_NON_INTERACTIVE'],
  exits: { 0: 'done, or there was nothing to do', 1: 'something could not be ended' },
} as const satisfies CommandSpec
