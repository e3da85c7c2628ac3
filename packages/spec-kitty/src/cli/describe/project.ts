import { JSON_OPTION, type CommandSpec } from 'familiar/cli'

export const INIT = {
  options: { json: JSON_OPTION },
  operands: { name: 'DIR', min: 0, max: 1, needs: 'one directory', kind: 'directory' },
  about: 'Makes a directory a project, and starts its dashboard.',
  more: [
    'Creates DIR/.kittify (and DIR if needed). DIR defaults to the current directory. What is there already stays as it is.',
  ],
  examples: [
    ['spec-kitty init', 'make this directory a project'],
    ['spec-kitty init ~/work/app', 'make another one a project'],
    ['spec-kitty init ./help', 'a directory that is named like a word of this help'],
  ],
  environment: ['SPEC_KITTY_HOME', 'FAMILIAR_DISABLE', 'DASHBOARD_NO_DAEMON'],
  exits: {
    0: 'it is a project, and its dashboard runs unless a variable forbids it',
    1: 'the dashboard could not be started',
  },
} as const satisfies CommandSpec

export const UPGRADE_HOOK = {
  options: { json: JSON_OPTION },
  about: 'Retires the sync daemon of this user if it is of an older version than this command; starts none.',
  more: [
    'For the post-install script of a package. The next command starts a new daemon. Takes half a minute at most, and its exit code is always 0: an upgrade must not fail because of a daemon.',
  ],
  examples: [
    ['spec-kitty upgrade-hook', 'after an upgrade'],
    ['spec-kitty upgrade-hook --json', 'the result, for the log of an installer'],
  ],
  environment: ['SPEC_KITTY_HOME'],
  exits: { 0: 'always', 1: 'not used', 2: 'not used', 75: 'not used' },
} as const satisfies CommandSpec
