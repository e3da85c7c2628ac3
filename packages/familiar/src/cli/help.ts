import type { Commands } from '../define/daemon.js'
import type { Words } from '../define/options.js'

interface Help {
  readonly usage: string
  readonly summary: (words: Words) => string
  readonly options: readonly (readonly [flag: string, text: string])[]
}

const JSON_OPTION = ['--json', 'print one JSON document'] as const

const HELP: Readonly<Record<string, Help>> = {
  start: {
    usage: '[--json]',
    summary: ({ title }) => `start the ${title}, or find the one that runs`,
    options: [JSON_OPTION],
  },
  stop: {
    usage: '[--json]',
    summary: ({ title }) => `stop the ${title}, of any version; none to stop is exit 0`,
    options: [JSON_OPTION],
  },
  restart: {
    usage: '[--json]',
    summary: ({ title }) => `stop the ${title} and start a new one`,
    options: [JSON_OPTION],
  },
  status: {
    usage: '[--check] [--json]',
    summary: ({ title }) => `show whether the ${title} runs, its version, and its last stop`,
    options: [['--check', 'exit 0 only when it runs'], JSON_OPTION],
  },
  logs: {
    usage: '[-n N] [--since WHEN] [--follow] [--json]',
    summary: ({ title }) => `print the log of the ${title}`,
    options: [
      ['-n, --lines N', 'how many of the last entries (50)'],
      ['--since WHEN', 'only from then on: 2h, 30m, 14:05, 2026-11-26, 2026-11-26T14:05'],
      ['-f, --follow', 'go on until Ctrl+C, or until the reader is gone'],
      ['--json', 'print one JSON document; with --follow a JSON object a line'],
    ],
  },
  doctor: {
    usage: '[--reset [--force] [--port N] [--dry-run]] [--strict] [--json]',
    summary: ({ title }) => `show what listens where a ${title} may; --reset ends what is stale`,
    options: [
      ['--reset', 'end what is proven stale (safe_auto); on a terminal, ask about the rest'],
      ['--force', 'with --reset: also end what needs a decision (operator_required)'],
      ['--port N', 'with --reset: only the listener on this port'],
      ['--dry-run', 'with --reset: say what would be done, do nothing'],
      ['--strict', 'exit 1 for a warning too'],
      JSON_OPTION,
    ],
  },
  explain: {
    usage: '[ID] [--json]',
    summary: () => 'explain an id that doctor or status names: F-002, cross_root; alone: list them all',
    options: [JSON_OPTION],
  },
}

const COMMON = [
  ['--verbose', 'show the stack trace of an internal error'],
  ['--help', 'show this'],
] as const

const EXIT_CODES = `Exit codes: 0 done; 1 a problem remains or something failed; 2 wrong usage or an error;
75 busy, try again; 130 interrupted.
`

/** Returns the help of one of the commands about the daemon. */
export function helpText(name: string, words: Words): string {
  const help = HELP[name]
  if (help === undefined) return usageText(words, {})
  return [
    `Usage: ${words.command} ${name} ${help.usage}\n`,
    `${capital(help.summary(words))}.\n`,
    `Options:\n${list([...help.options, ...COMMON])}`,
    EXIT_CODES,
  ].join('\n')
}

/** Returns the commands that can be typed: first those of the tool itself, then those about its daemon. */
export function usageText(words: Words, own: Commands): string {
  const ofDaemon = Object.entries(HELP).map(([name, { summary }]) => [name, summary(words)] as const)
  const ofTool = Object.entries(own)
  const blocks = [
    `Usage: ${words.command} <command> [options]\n`,
    ...(ofTool.length === 0 ? [] : [`Commands:\n${list(ofTool)}`]),
    `${ofTool.length === 0 ? 'Commands' : `The ${words.title}`}:\n${list(ofDaemon)}`,
    `${words.command} <command> --help tells more about these.\n`,
  ]
  return blocks.join('\n')
}

function list(entries: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join('')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
