import { isAbsolute } from 'node:path'
import type { FetchInit } from '../client/fetch-init.js'
import { FamiliarError, oneLine } from '../errors.js'
import type { PortRange } from '../identity/machine.js'
import { objectOf, portOf } from '../json.js'
import type { ConnectOptions } from './connect-method.js'
import type * as calls from './define-daemon.js'
import type { CommandLine, DaemonOptions, Predecessor, Words } from './options.js'
import type { SandboxOptions } from './sandbox-file.js'
import type { ServeSettings } from './serve-method.js'

/** The rule for an option. The option may be omitted unless it is `needed`. */
interface Rule {
  readonly is?: (value: unknown) => boolean
  /** Completes the sentence "it must be ...". */
  readonly what?: string
  readonly isNeeded?: true
  /** The options in it. */
  readonly of?: AnyRules
  /** The options of each element of the list. */
  readonly each?: AnyRules
}

type AnyRules = { readonly [name: string]: Rule }

type Rules<T> = { readonly [name in keyof Required<T>]: Rule }

const must = (is: (value: unknown) => boolean, what: string): Rule => ({ is, what })
const needed = (rule: Rule): Rule => ({ ...rule, isNeeded: true })
const listOf = (is: (value: unknown) => boolean, what: string): Rule =>
  must((value) => Array.isArray(value) && value.every(is), what)

/** 24 days, because a Node timer cannot run for much longer. */
const MOST_SECONDS = 24 * 24 * 60 * 60

const isText = (value: unknown): value is string => typeof value === 'string'
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isNumber = (least: number, most: number) => (value: unknown) =>
  typeof value === 'number' && value >= least && value <= most

const FUNCTION = must(isFunction, 'a function')
const TEXT = must(isText, 'a text')
const TRUTH = must((value) => typeof value === 'boolean', 'true or false')
const isPattern = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object RegExp]'
const PATTERN = must(isPattern, 'a regular expression')
const SECONDS = must(isNumber(0, MOST_SECONDS), `a number of seconds from 0 to ${MOST_SECONDS}`)
const TIME = must((value) => typeof value === 'number' && value > 0, 'a number of milliseconds above 0')
const PORT = must((value) => portOf(value) !== null, 'the number of a port')
const SIGNAL = must((value) => value instanceof EventTarget && 'aborted' in value, 'an AbortSignal')
const OBJECT = must((value) => objectOf(value) !== null, 'an object')

const COMMANDS = must(
  (value) => objectOf(value) !== null && Object.values(objectOf(value) ?? {}).every(isText),
  'an object of texts',
)

const COMMAND_LINE: Rules<CommandLine> = {
  role: needed(must((value) => isText(value) && /^[\w-]+$/.test(value), 'one word')),
  scopeFlag: needed(
    must((value) => isText(value) && /^--[a-z][a-z0-9-]*=$/.test(value), 'a flag of the form --flag='),
  ),
  entry: PATTERN,
}

const PREDECESSOR: Rules<Predecessor> = {
  commandLine: needed({
    of: {
      head: needed(listOf(isPattern, 'a list of regular expressions')),
      marker: needed(must((value) => value === null || isPattern(value), 'a regular expression, or null')),
      decodeScope: FUNCTION,
    },
  }),
  healthPath: must((value) => isText(value) && /^\/[!-~]*$/.test(value), 'a path that begins with /'),
  readSelfReport: needed(FUNCTION),
  record: { of: { file: needed(FUNCTION), parse: needed(FUNCTION), sharedOwner: FUNCTION } },
  shutdown: FUNCTION,
  scopesInEnvironment: FUNCTION,
}

const WORDS: Rules<Words> = {
  title: TEXT,
  command: TEXT,
  start: TEXT,
  stop: TEXT,
  restart: TEXT,
  status: TEXT,
  clean: TEXT,
  showElsewhere: FUNCTION,
  explain: TEXT,
  inScope: FUNCTION,
  otherScopeHint: TEXT,
  scope: TEXT,
  predecessor: TEXT,
  predecessorStop: TEXT,
  versionVariable: TEXT,
  reasonNames: { of: { other_family: TEXT, not_ours: TEXT } },
}

const DEFINITION: Rules<DaemonOptions> = {
  name: needed(
    must(
      (value) => isText(value) && /^[a-z][a-z0-9-]{0,39}$/.test(value),
      'of lower-case letters, digits and hyphens, at most 40',
    ),
  ),
  entry: must(isEntry, 'an absolute path, a URL that begins with file:, or a function that returns one'),
  version: must((value) => isText(value) && /^v?\d{1,9}\.\d{1,9}\b/.test(value), 'a version such as 1.2.3'),
  protocol: must((value) => Number.isInteger(value) && Number(value) > 0, 'a whole number above 0'),
  buildTime: must(isTime, 'a time as toISOString writes it, or null'),
  scope: must(
    (value) => value === 'user' || value === 'project' || isFunction(value),
    "'user', 'project' or a function that returns the path of a directory",
  ),
  scopeKind: must((value) => value === 'user' || value === 'project', "'user' or 'project'"),
  ports: must(isRange, '{ from, to } with 1024 <= from < to <= 65536'),
  idleTimeoutSeconds: SECONDS,
  drainTimeoutSeconds: SECONDS,
  maxBodyBytes: must(isNumber(1, Number.MAX_SAFE_INTEGER), 'a number of bytes above 0'),
  env: listOf(isPatternOfNames, 'a list of names, NAME or !NAME, which may have one * at the end'),
  execArgv: listOf(
    (one) => isText(one) && one.startsWith('-'),
    'a list of options, each one word with its value (--max-old-space-size=512), and with a module as a URL (--import=file:///...)',
  ),
  files: FUNCTION,
  tokenDirectory: FUNCTION,
  health: FUNCTION,
  predecessors: { is: Array.isArray, what: 'a list', each: PREDECESSOR },
  siblings: must(isFunction, 'a function that returns a list'),
  commandLine: { of: COMMAND_LINE },
  words: { of: WORDS },
}

const COMMAND: Rules<calls.CommandOptions> = { signal: SIGNAL, onWait: FUNCTION }

/** The options of every call. The options of a fetch are checked further where the request is made. */
const CALLS = {
  defineDaemon: DEFINITION,
  connect: { ...COMMAND, start: TRUTH, replace: TRUTH, port: PORT } satisfies Rules<ConnectOptions>,
  serve: {
    public: FUNCTION,
    pages: FUNCTION,
    health: FUNCTION,
    work: { of: { start: FUNCTION, inFlight: FUNCTION, pending: FUNCTION, stop: FUNCTION } },
    version: TEXT,
    foreground: {
      of: { port: PORT, onReady: needed(FUNCTION), onFailure: needed(FUNCTION), exit: FUNCTION },
    },
  } satisfies Rules<ServeSettings>,
  status: { signal: SIGNAL, seen: OBJECT } satisfies Rules<calls.StatusOptions>,
  stop: COMMAND,
  restart: COMMAND,
  stopOutdated: {
    ...COMMAND,
    lockWaitMs: must(isNumber(0, Infinity), 'a number of milliseconds, 0 or more'),
  } satisfies Rules<calls.StopOutdatedOptions>,
  scan: {
    signal: SIGNAL,
    forCleanUp: TRUTH,
    beside: {
      of: {
        ports: needed(must(isRange, '{ from, to } with 1024 <= from < to <= 65536')),
        onListener: needed(FUNCTION),
      },
    },
  } satisfies Rules<calls.ScanOptions>,
  cleanUp: {
    ...COMMAND,
    seen: OBJECT,
    confirmed: must((value) => value instanceof Set, 'a Set'),
    told: must((value) => value instanceof Set, 'a Set'),
    onProgress: FUNCTION,
    force: TRUTH,
    port: PORT,
    dryRun: TRUTH,
  } satisfies Rules<calls.CleanUpOptions>,
  sandbox: {
    idleTimeoutSeconds: SECONDS,
    drainTimeoutSeconds: SECONDS,
    tickSeconds: SECONDS,
  } satisfies Rules<SandboxOptions>,
  cli: { commands: COMMANDS } satisfies Rules<calls.CliOptions>,
  usage: { commands: COMMANDS } satisfies Rules<calls.CliOptions>,
  fetch: {
    signal: SIGNAL,
    method: {},
    headers: {},
    body: {},
    retry: TRUTH,
    headersTimeoutMs: TIME,
  } satisfies Rules<FetchInit>,
} as const

/**
 * Returns the options of a call. Throws on the first mistake in them, with a message of one sentence:
 * `E_DEFINITION_INVALID`, or a `TypeError` for a fetch.
 */
export function checked<T>(call: keyof typeof CALLS, options: T): T {
  checkAll(call, '', CALLS[call], options)
  return options
}

function checkAll(call: string, within: string, rules: AnyRules, given: unknown): void {
  const options = objectOf(given)
  if (options === null)
    throw invalid(call, `${within === '' ? 'the options' : within} must be an object, not ${shown(given)}`)
  const before = within === '' ? '' : `${within}.`
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(rules, name))
  if (unknown !== undefined)
    throw invalid(
      call,
      `there is no option ${before}${oneLine(unknown)}${didYouMean(unknown, Object.keys(rules))}`,
    )
  for (const [name, rule] of Object.entries(rules)) checkOne(call, `${before}${name}`, rule, options[name])
}

function checkOne(call: string, name: string, { is, what, isNeeded, of, each }: Rule, value: unknown): void {
  if (value === undefined && isNeeded !== true) return
  if (is?.(value) === false) throw invalid(call, `${name} must be ${what}, not ${shown(value)}`)
  if (of !== undefined) checkAll(call, name, of, value)
  if (each !== undefined && Array.isArray(value))
    for (const [index, one] of (value as readonly unknown[]).entries())
      checkAll(call, `${name}[${index}]`, each, one)
}

/**
 * Throws unless the port is one of the definition's, or omitted. A scan would not see a daemon on another port, so no
 * command could find out whose it is.
 */
export function assertInRange(
  call: keyof typeof CALLS,
  name: string,
  port: number | undefined,
  { from, to }: PortRange,
): void {
  if (port === undefined || (port >= from && port < to)) return
  throw invalid(call, `${name} must be one of the definition's ports, ${from} to ${to - 1}, not ${port}`)
}

/** Throws unless the value is a request handler or null. */
export function assertHandler(handler: unknown): void {
  if (handler !== null && !isFunction(handler))
    throw invalid('serve', `the handler must be a function or null, not ${shown(handler)}`)
}

/** Throws unless the value is a list of the words of a command line. */
export function assertWords(words: unknown): void {
  if (!Array.isArray(words) || !words.every(isText))
    throw invalid('cli', `the arguments must be a list of texts, not ${shown(words)}`)
}

/** Returns a path given by a function of the author or by a caller. Throws unless it is absolute. */
export function checkedPath(call: string, what: string, path: unknown): string {
  if (typeof path === 'string' && isAbsolute(path)) return path
  throw invalid(call, `${what} must be an absolute path, not ${shown(path)}`)
}

export function isEntry(value: unknown): boolean {
  if (objectOf(value) !== null) return objectOf(value)?.['protocol'] === 'file:'
  // A relative path would name another file for each directory in which a command runs.
  return isFunction(value) || (typeof value === 'string' && (isAbsolute(value) || /^file:/i.test(value)))
}

function isPatternOfNames(value: unknown): boolean {
  return isText(value) && /^!?(?:[^!*=\0][^*=\0]*\*?|\*)$/.test(value)
}

function isTime(value: unknown): boolean {
  if (typeof value !== 'string') return value === null
  const time = new Date(value)
  return !Number.isNaN(time.getTime()) && time.toISOString() === value
}

function isRange(value: unknown): boolean {
  const { from, to } = (objectOf(value) ?? {}) as { readonly from?: number; readonly to?: number }
  return Number.isInteger(from) && Number.isInteger(to) && from! >= 1024 && from! < to! && to! <= 65_536
}

/** Returns the error for a mistake that the tool's author, not its user, made in a call of this function. */
export function invalid(call: string, what: string): Error {
  if (call === 'fetch') return new TypeError(`fetch: ${what}`)
  return new FamiliarError('E_DEFINITION_INVALID', `${call}: ${what}`, {
    hint: `correct the call of ${call}`,
  })
}

/** Suggests the most similar name, if at least half of the longer text is equal at the beginning and end. */
function didYouMean(typed: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, share: shareOf(typed.toLowerCase(), name.toLowerCase()) }))
    .toSorted((a, b) => b.share - a.share)[0]
  return near === undefined || near.share < 0.5 ? '' : `: did you mean ${near.name}?`
}

function shareOf(one: string, other: string): number {
  const [shorter, longer] = one.length < other.length ? [one, other] : [other, one]
  let begin = 0
  while (begin < shorter.length && shorter[begin] === longer[begin]) begin += 1
  let end = 0
  while (end < shorter.length - begin && shorter.at(-1 - end) === longer.at(-1 - end)) end += 1
  return (begin + end) / longer.length
}

/** Returns any value as one short line, for the message of an error. */
export function shown(value: unknown): string {
  const { inspect } = process.getBuiltinModule('node:util')
  const text = inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 80, maxArrayLength: 3 })
  return oneLine(text).slice(0, 120)
}
