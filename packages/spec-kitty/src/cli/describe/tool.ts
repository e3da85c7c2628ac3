import { daemonCommands, JSON_OPTION, type CommandSpec } from 'familiar/cli'

export const HELP = {
  options: {},
  operands: { name: 'COMMAND', min: 0, max: 3, needs: 'a command or a topic', kind: 'text' },
  usage: ['[COMMAND | TOPIC]'],
  about: 'Shows all commands, one of them, or a topic.',
  more: ["'help X', 'X --help', 'X -h' and 'X help' are the same."],
  examples: [
    ['spec-kitty help', 'all commands'],
    ['spec-kitty help sync publish', 'one command'],
    ['spec-kitty help environment', 'every variable that spec-kitty reads'],
  ],
  exits: { 0: 'shown', 1: 'not used', 2: 'there is no such command or topic' },
} as const satisfies CommandSpec

export const VERSION_COMMAND = {
  options: { json: JSON_OPTION },
  about: 'Prints the version of this command.',
  more: ['The flags -v, -V and --version do the same.'],
  examples: [
    ['spec-kitty version', 'the version alone'],
    ['spec-kitty sync status', 'also the version of the sync daemon'],
  ],
  exits: { 0: 'printed', 1: 'not used' },
} as const satisfies CommandSpec

export const SHELLS = ['bash', 'zsh', 'fish'] as const

export const COMPLETION = {
  options: {},
  operands: {
    name: 'SHELL',
    min: 1,
    max: 1,
    needs: 'one of bash, zsh and fish',
    kind: 'text',
    choices: SHELLS,
  },
  usage: ['bash | zsh | fish'],
  about: 'Prints a script that makes a shell complete the commands, options and ports of spec-kitty.',
  more: [
    'Each example makes every new shell print and load the script, so that an upgrade brings the new words.',
  ],
  examples: [
    [`echo 'eval "$(spec-kitty completion bash)"' >> ~/.bashrc`, 'bash'],
    [`echo 'eval "$(spec-kitty completion zsh)"' >> ~/.zshrc`, 'zsh, after the line with compinit'],
    [
      "mkdir -p ~/.config/fish/completions && echo 'spec-kitty completion fish | source' > ~/.config/fish/completions/spec-kitty.fish",
      'fish',
    ],
  ],
  exits: { 0: 'printed', 1: 'not used' },
} as const satisfies CommandSpec

const { explain } = daemonCommands({ title: 'sync daemon', command: 'spec-kitty' })

export const EXPLAIN = {
  ...explain,
  more: [
    'An ID is a finding (F-002), a row of a decision table (S9, D13), a class, a reason, a state, a sign that a daemon is stale, or the code of an error (E_QUEUE_FULL). Without ID, lists them all; a pipe gets whole lines, whatever its width.',
  ],
} as const satisfies CommandSpec
