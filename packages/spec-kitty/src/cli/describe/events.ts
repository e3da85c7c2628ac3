import { JSON_OPTION, type CommandSpec } from 'familiar/cli'

const HOME = ['SPEC_KITTY_HOME'] as const

export const SYNC_NOW = {
  options: {
    timeout: {
      value: { kind: 'seconds', name: 'SECONDS' },
      text: 'stop watching after this time; the daemon goes on (default: when nothing more can be done now)',
    },
    json: { text: 'print each step as a line of JSON, as it happens; the last is "finished"' },
  },
  about: 'Sends what waits in the queue now, through the sync daemon, and shows the progress.',
  more: [
    'Events whose project did not opt in, and events that the server does not take, stay in the queue.',
    'If the server fails, this command stops watching after 5 failed attempts in a row, or when the next one is more than 30 s away; the daemon tries on by itself.',
  ],
  examples: [
    ['spec-kitty sync now', 'send, and watch'],
    ['spec-kitty sync now --json | jq \'select(.event == "finished")\'', 'only the result'],
  ],
  environment: [
    'SPEC_KITTY_HOME',
    'SPEC_KITTY_ENABLE_SAAS_SYNC',
    'SPEC_KITTY_SYNC_DISABLE',
    'SPEC_KITTY_SAAS_URL',
  ],
  exits: {
    0: 'nothing waits any longer',
    1: 'something stays, was rejected, or the daemon hangs',
    75: 'the timeout was reached',
  },
} as const satisfies CommandSpec

export const SYNC_PUBLISH = {
  options: {
    type: {
      value: { kind: 'text', name: 'T', needs: 'an event type' },
      text: 'the event_type of one event',
    },
    data: {
      value: { kind: 'text', name: 'JSON', needs: 'a JSON value' },
      text: 'its payload, any JSON value; {} by default',
    },
    project: {
      value: { kind: 'directory', name: 'DIR', needs: 'a directory' },
      text: 'a directory of the project; by default this one. The project is the nearest directory with .kittify or kitty-specs, from there upward',
    },
    json: JSON_OPTION,
  },
  operands: { name: '-', min: 0, max: 1, needs: 'either - or --type', kind: 'text', choices: ['-'] },
  usage: ['--type T [--data JSON] [--project DIR] [--json]', '- [--project DIR] [--json]'],
  about: 'Queues one event, or the events on standard input, a JSON object a line.',
  more: [
    'When this command has said so, they are on disk. They leave this machine later, and only if hosted sync is on, there is a session, and the project has opted in. Needs no daemon; wakes or starts it where allowed.',
    'A missing event_id, timestamp or project_uuid is filled in; everything else stays as it is. The same event_id twice is one event. A bad line is named by its number, and the rest is queued.',
  ],
  examples: [
    [
      'spec-kitty sync publish --type WPStatusChanged --data \'{"wp_id":"WP01","to_lane":"done"}\'',
      'one event',
    ],
    ['spec-kitty sync publish - --project ~/work/app < events.ndjson', 'many events of another project'],
  ],
  environment: ['SPEC_KITTY_HOME', 'SPEC_KITTY_ENABLE_SAAS_SYNC', 'SPEC_KITTY_SYNC_DISABLE'],
  exits: {
    0: 'all are queued, or were there already',
    1: 'a line was not queued, or the queue is full or cannot be used',
    130: 'interrupted: what was queued stays queued',
  },
} as const satisfies CommandSpec

export const SYNC_QUEUE = {
  options: {
    dead: { text: 'the events that the server rejected, and its reason' },
    export: {
      value: { kind: 'file', name: 'FILE', needs: 'a file, or - for standard output' },
      text: 'write the events into a new file, a JSON object a line; - is standard output. Includes what can be read of damaged databases that were put aside',
    },
    project: {
      value: { kind: 'directory', name: 'DIR', needs: 'a directory' },
      text: 'with --export: only the events of the project that is in this directory, or was',
    },
    from: {
      value: { kind: 'file', name: 'QUEUE', needs: 'a queue file' },
      text: 'with --export: the events in this queue file, which was moved away, or is a copy; only reads it',
    },
    json: JSON_OPTION,
  },
  forms: [{ may: ['dead', 'json'] }, { lead: 'export', may: ['dead', 'project', 'from', 'json'] }],
  about: 'Shows which events wait to be sent, and why: per project, the one with the oldest event first.',
  examples: [
    ['spec-kitty sync queue --dead', 'what the server rejected'],
    ['spec-kitty sync queue --export events.ndjson', 'a copy of what waits'],
    ['spec-kitty sync queue --export events.ndjson --from ~/backup/queue.db', 'what waited in a copy'],
  ],
  environment: HOME,
  exits: { 0: 'shown', 1: 'the queue is damaged, or the queue or the file cannot be used' },
} as const satisfies CommandSpec

const EVENT =
  "EVENT is an event_id as 'spec-kitty sync queue --dead' shows it; write -- before one that begins with a hyphen."

export const SYNC_QUEUE_RETRY = {
  options: { all: { text: 'every event that the server rejected' }, json: JSON_OPTION },
  operands: { name: 'EVENT', min: 0, max: Infinity, needs: 'the events to send again', kind: 'text' },
  usage: ['EVENT... [--json]', '--all [--json]'],
  about: 'Lets events that the server rejected wait again, at their old place in the queue.',
  more: [EVENT],
  examples: [
    ['spec-kitty sync queue retry 01JDM5C9T6V2W8X4Y0Z3A7B1CD', 'one event'],
    ['spec-kitty sync queue retry --all', 'all of them'],
  ],
  environment: HOME,
  exits: {
    0: 'all of them wait again',
    1: 'some are not among the rejected ones, or the queue cannot be used',
  },
} as const satisfies CommandSpec

export const SYNC_QUEUE_DROP = {
  options: {
    project: {
      value: { kind: 'directory', name: 'DIR', needs: 'a directory' },
      text: 'instead: every event that waits for a project which was in this directory, and is gone or replaced by another one',
    },
    all: { text: 'instead: every event that the server rejected' },
    lost: {
      text: 'instead: say no longer that events were lost with a queue file that was removed, moved, emptied, damaged or replaced by an older copy; removes no event',
    },
    yes: { text: 'do not ask' },
    json: JSON_OPTION,
  },
  operands: { name: 'EVENT', min: 0, max: Infinity, needs: 'the events to remove', kind: 'text' },
  usage: [
    'EVENT... [--yes] [--json]',
    '--all [--yes] [--json]',
    '--project DIR [--yes] [--json]',
    '--lost [--json]',
  ],
  about:
    'Removes events that the server rejected, the one with which it fails, or those of a lost project, for ever.',
  more: [
    `${EVENT} An event that waits for a project that is still there cannot be removed: 'spec-kitty sync opt-out' keeps it here. Only one may: that which the server answers with errors alone, as 'spec-kitty sync status' says, so that those behind it wait.`,
    'A directory may be missing only because its drive is not mounted.',
  ],
  examples: [
    ['spec-kitty sync queue --dead --export rejected.ndjson', 'keep a copy first'],
    ['spec-kitty sync queue drop 01JDM5C9T6V2W8X4Y0Z3A7B1CD --yes', 'remove one event, without a question'],
    ['spec-kitty sync queue drop --project ~/work/old-app', 'what waits for a project that was deleted'],
  ],
  environment: ['SPEC_KITTY_HOME', 'SPEC_KITTY_NON_INTERACTIVE'],
  exits: {
    0: 'removed; with --project, an event that is just being sent stays',
    1: 'some were neither rejected, nor the oldest of their project and sent in vain, no event waits for a lost project in DIR, you said no, or the queue cannot be used',
  },
} as const satisfies CommandSpec

const PROJECT = {
  options: { json: JSON_OPTION },
  operands: { name: 'DIR', min: 0, max: 1, needs: 'one directory', kind: 'directory' },
  environment: HOME,
  exits: {
    0: 'recorded',
    1: 'the file cannot be read or written, or is broken (it is left as it is)',
    2: 'wrong usage, or DIR is not a project',
    75: 'another program wrote the file meanwhile: try again',
  },
} as const

const RECORDED =
  "It is recorded in the project's .kittify/config.yaml (sync.enabled), where it holds for everyone who has a copy; everything else in that file stays as it is. DIR defaults to the nearest directory with .kittify, from the current one upward."

export const SYNC_OPT_IN = {
  ...PROJECT,
  about: 'Lets the events of a project leave this machine.',
  more: [`They are sent when hosted sync is on and you are signed in. ${RECORDED}`],
  examples: [
    ['spec-kitty sync opt-in', 'this project'],
    ['spec-kitty sync opt-in ~/work/app', 'another project'],
    ['spec-kitty sync now', 'then send at once what has waited for it'],
  ],
} as const satisfies CommandSpec

export const SYNC_OPT_OUT = {
  ...PROJECT,
  about: 'Keeps the events of a project on this machine.',
  more: [`What waits stays in the queue; what was sent cannot be called back. ${RECORDED}`],
  examples: [
    ['spec-kitty sync opt-out', 'this project'],
    ['spec-kitty sync opt-out ~/work/app', 'another project'],
  ],
} as const satisfies CommandSpec
