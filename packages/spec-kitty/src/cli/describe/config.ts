import { JSON_OPTION, type CommandSpec } from 'familiar/cli'

const ENVIRONMENT = [
  'SPEC_KITTY_HOME',
  'SPEC_KITTY_ENABLE_SAAS_SYNC',
  'SPEC_KITTY_SYNC_DISABLE',
  'SPEC_KITTY_SAAS_URL',
] as const

export const CONFIG_LIST = {
  options: { json: JSON_OPTION },
  about: 'Shows every setting with its value and where that comes from.',
  more: [
    'A value comes from an environment variable, a file and line, or the default; variables count before the file. The file is config.toml in the home of spec-kitty (~/.spec-kitty or SPEC_KITTY_HOME); it is shared with the Python spec-kitty, and only you write it.',
  ],
  examples: [
    ['spec-kitty config list', 'every setting'],
    [
      'spec-kitty config list --json | jq \'.settings[] | select(.source == "environment")\'',
      'what variables have set',
    ],
  ],
  environment: ENVIRONMENT,
  exits: { 0: 'every value is right', 1: 'config.toml cannot be read, or a value is wrong' },
} as const satisfies CommandSpec

export const CONFIG_GET = {
  options: { json: JSON_OPTION },
  operands: { name: 'KEY', min: 1, max: 1, needs: 'one KEY', kind: 'text' },
  about: 'Prints the value of one setting, and on standard error where it comes from.',
  more: ["'spec-kitty config list' shows every KEY."],
  examples: [
    ['spec-kitty config get sync.hosted', 'whether this machine may send events at all'],
    ['spec-kitty config get sync.max_queue_size --json', 'with its source, for a script'],
  ],
  environment: ENVIRONMENT,
  exits: { 0: 'printed', 1: 'it is not set', 2: 'wrong usage, an unknown KEY, or the value is wrong' },
} as const satisfies CommandSpec
