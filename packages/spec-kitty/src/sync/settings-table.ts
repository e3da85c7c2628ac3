import { isAbsolute } from 'node:path'
import { isOn, stringOf, type Io } from 'familiar/cli'
import { readConfig, type ConfigRead } from './config-file.js'
import { inOrderOfLines, misspeltKeys } from './misspelt-keys.js'
import { oneOf, readServerUrl, readSize, readUrl } from './parse-setting.js'
import { DEFAULT_QUEUE_SIZE, MAX_QUEUE_SIZE } from './queue-size-limits.js'
import { insteadOf, MAX_SHOWN_CHARS } from './url-text.js'

type Environment = Io['env']

/** The source of a value. */
export type Source =
  | { readonly kind: 'environment'; readonly variable: string }
  | {
      readonly kind: 'file'
      readonly path: string
      readonly line: number | null
      readonly column: number | null
    }
  | { readonly kind: 'default' }

export type Resolved<T> = { readonly state: 'right'; readonly value: T; readonly source: Source } | Wrong

export interface Wrong {
  readonly state: 'wrong'
  readonly code: 'E_CONFIG_INVALID' | 'E_CONFIG_UNREADABLE'
  /** One line that names the value, its position, and the expected value. It contains no secret. */
  readonly problem: string
  readonly source: Source
  /** The command that lets the file be read; missing if there is none. */
  readonly cure?: string | null
}

interface Setting<T> {
  readonly about: string
  /** The environment variables of the setting. The first one that is set and not empty overrides the file. */
  readonly variables: readonly string[]
  /** The key in `[sync]` of `config.toml`. */
  readonly key: string | null
  readonly fallback: (root: string) => T
  /** A description of the values that are allowed. */
  readonly expected: string
  /** Returns undefined for an invalid value. */
  readonly read: (given: unknown, variable: string | null) => T | undefined
  /** For a switch: what happens if its value means neither on nor off, for example because it is misspelt. */
  readonly unclear?: string
  /** Whether a wrong value may contain a password. If so, that part of it is not shown. */
  readonly mayHoldSecret?: true
}

function setting<T>(one: Setting<T>): Setting<T> {
  return one
}

/** Every setting of the tool. Commands, the daemon and the doctor use only this table for information about settings. */
const SETTINGS = {
  root: setting<string>({
    about: 'the home of the sync daemon, its queue and its session',
    variables: ['SPEC_KITTY_HOME'],
    key: null,
    fallback: (root) => root,
    expected: 'an absolute path',
    read: (given) => (typeof given === 'string' && isAbsolute(given) ? given : undefined),
  }),
  'sync.hosted': setting<boolean>({
    about:
      'hosted sync: whether commands may start the sync daemon, and whether events may leave this machine',
    variables: ['SPEC_KITTY_ENABLE_SAAS_SYNC'],
    key: null,
    fallback: () => false,
    unclear: 'hosted sync is off in this shell',
    expected: '1, true, yes, y or on',
    read: isTruthy,
  }),
  'sync.disabled': setting<boolean>({
    about: 'whether commands never start the sync daemon on their own',
    variables: ['SPEC_KITTY_SYNC_DISABLE'],
    key: null,
    fallback: () => false,
    unclear: 'commands may start the sync daemon',
    expected: '1, true, yes, y or on',
    read: isTruthy,
  }),
  'sync.server_url': setting<string | null>({
    about: 'the server that events go to',
    variables: ['SPEC_KITTY_SAAS_URL'],
    key: 'server_url',
    fallback: () => null,
    expected: 'an http or https URL without user, query and fragment',
    read: readServerUrl,
    mayHoldSecret: true,
  }),
  'sync.max_queue_size': setting<number>({
    about: 'how many events may wait',
    variables: [],
    key: 'max_queue_size',
    fallback: () => DEFAULT_QUEUE_SIZE,
    expected: `a whole number from 1 to ${MAX_QUEUE_SIZE}`,
    read: readSize,
  }),
  'sync.background_daemon': setting<'auto' | 'manual'>({
    about: 'whether commands may start the sync daemon on their own',
    variables: [],
    key: 'background_daemon',
    fallback: () => 'auto',
    expected: '"auto" or "manual"',
    read: (given) => oneOf(['auto', 'manual'], given),
  }),
  'sync.format': setting<'batch' | 'cloudevents'>({
    about: 'the form in which events are sent',
    variables: [],
    key: 'format',
    fallback: () => 'batch',
    expected: '"batch" or "cloudevents"',
    read: (given) => oneOf(['batch', 'cloudevents'], given),
  }),
  'sync.issuer': setting<string | null>({
    about: 'the sign-in service, where the server does not tell it',
    variables: [],
    key: 'issuer',
    fallback: () => null,
    expected: 'an http or https URL without user, query and fragment',
    // The issuer is kept exactly as it is, including a slash at its end, because the service compares it character by
    // character.
    read: readUrl,
    mayHoldSecret: true,
  }),
  'sync.client_id': setting<string>({
    about: 'the name under which the sign-in service knows this tool',
    variables: [],
    key: 'client_id',
    fallback: () => 'spec-kitty-cli',
    expected: 'text',
    read: (given) => stringOf(given) ?? undefined,
  }),
  non_interactive: setting<boolean>({
    about: 'whether no command asks a question',
    variables: ['SPEC_KITTY_NON_INTERACTIVE', 'CI'],
    key: null,
    fallback: () => false,
    expected: 'anything but 0, false, no or off',
    read: (given) => isOn(String(given)),
  }),
  color: setting<'auto' | 'always' | 'never'>({
    about: 'whether the output has colours',
    variables: ['NO_COLOR', 'FORCE_COLOR'],
    key: null,
    fallback: () => 'auto',
    expected: 'any text',
    read: (given, variable) =>
      variable === 'NO_COLOR' || given === '0' || given === 'false' ? 'never' : 'always',
  }),
  browser: setting<string | null>({
    about: 'the program that opens a page',
    variables: ['BROWSER'],
    key: null,
    fallback: () => null,
    expected: 'the name of a program',
    read: (given) => String(given),
  }),
} as const

export type SettingKey = keyof typeof SETTINGS
export type ValueOf<K extends SettingKey> = (typeof SETTINGS)[K] extends Setting<infer T> ? T : never

export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[]

/** The settings of a root, as they were when they were read. */
export interface Settings {
  readonly get: <K extends SettingKey>(key: K) => Resolved<ValueOf<K>>
  /** One line for a `config.toml` that cannot be read, and one for each wrong value, in the order of their lines there. */
  readonly problems: readonly string[]
  /** The line of `config.toml` that makes the whole file unreadable, for people; null if there is none. */
  readonly brokenLine: string | null
  /** The command that lets `config.toml` be read, which is not a file, or closed; null if there is none. */
  readonly fileCure: string | null
}

/** Returns the settings in the environment and in `config.toml`. */
export async function readSettings(root: string, env: Environment): Promise<Settings> {
  return settingsOf(root, env, await readConfig(root))
}

/** Like `readSettings`, but without `config.toml`, for the settings that are not in that file. */
export function environmentSettings(root: string, env: Environment): Settings {
  return settingsOf(root, env, { state: 'absent' })
}

/** Returns the purpose of a setting, and the possible sources of its value. */
export function describeSetting(key: SettingKey): SettingDescription {
  const { about, variables, key: inFile } = SETTINGS[key]
  return { about, variables, inFile }
}

export interface SettingDescription {
  readonly about: string
  readonly variables: readonly string[]
  /** The key of the setting below `[sync]` in `config.toml`. */
  readonly inFile: string | null
}

/** Returns whether a text turns a switch on: 1, true, yes, y or on, in upper or lower case. */
function isTruthy(value: unknown): boolean {
  return typeof value === 'string' && /^(?:1|true|yes|y|on)$/i.test(value.trim())
}

/** Returns whether a switch is on. */
export function isSwitchedOn(settings: Settings, key: 'sync.disabled' | 'sync.hosted'): boolean {
  const found = settings.get(key)
  return found.state === 'right' && found.value
}

/** Determines every setting from the environment and the content of the file. Pure. */
export function settingsOf(root: string, env: Environment, config: ConfigRead): Settings {
  const get = <K extends SettingKey>(key: K): Resolved<ValueOf<K>> =>
    resolve(SETTINGS[key] as unknown as Setting<ValueOf<K>>, root, env, config)
  const wrong = SETTING_KEYS.flatMap((key) => {
    const found = get(key)
    if (found.state === 'right')
      return unclearSwitch(SETTINGS[key], env).map((text) => ({ line: null, text }))
    return [{ line: found.source.kind === 'file' ? found.source.line : null, text: found.problem }]
  })
  const misspelt = misspeltKeys(
    config,
    SETTING_KEYS.flatMap((key) => SETTINGS[key].key ?? []),
  )
  const file = config.state === 'unreadable' ? [unreadable(config)] : []
  const line = config.state === 'unreadable' ? config.line : null
  return {
    get,
    brokenLine: config.state === 'unreadable' && line !== null ? `line ${line} of ${config.path}` : null,
    fileCure: config.state === 'unreadable' ? config.cure : null,
    problems: [...new Set([...file, ...inOrderOfLines([...wrong, ...misspelt])])],
  }
}

/** Says what a text that is probably a misspelt "on" does: a switch treats every text that does not mean on as off. */
function unclearSwitch({ unclear, variables }: Setting<unknown>, env: Environment): readonly string[] {
  const [variable = ''] = variables
  const given = (env[variable] ?? '').trim()
  if (unclear === undefined || given === '' || isTruthy(given) || !isOn(given) || /^n$/i.test(given))
    return []
  return [`${unclear}: ${variable} is ${show(given)}; write 1`]
}

function resolve<T>(one: Setting<T>, root: string, env: Environment, config: ConfigRead): Resolved<T> {
  const variable = one.variables.find((name) => (env[name] ?? '').trim() !== '')
  if (variable !== undefined) {
    return checked(one, env[variable], variable, { kind: 'environment', variable })
  }
  if (one.key !== null && config.state === 'unreadable') {
    const source = { kind: 'file', path: config.path, line: null, column: null } as const
    return {
      state: 'wrong',
      code: 'E_CONFIG_UNREADABLE',
      problem: unreadable(config),
      source,
      cure: config.cure,
    }
  }
  if (one.key === null || config.state !== 'readable' || config.sync[one.key] === undefined) {
    return { state: 'right', value: one.fallback(root), source: { kind: 'default' } }
  }
  const { line, column } = config.placeOf(one.key) ?? { line: null, column: null }
  const source = { kind: 'file', path: config.path, line, column } as const
  return checked(one, config.sync[one.key], `sync.${one.key}`, source)
}

function unreadable({ path, why }: { readonly path: string; readonly why: string }): string {
  return `${path} cannot be read: ${why}`
}

function checked<T>(one: Setting<T>, given: unknown, name: string, source: Source): Resolved<T> {
  const value = one.read(given, source.kind === 'environment' ? source.variable : null)
  if (value !== undefined) return { state: 'right', value, source }
  const shown = one.mayHoldSecret === true ? insteadOf(given) : `, not ${show(given)}`
  const column = source.kind === 'file' && source.column !== null ? `, column ${source.column}` : ''
  const at = source.kind === 'file' ? ` (${describeSource(source)}${column})` : ''
  const problem = `${name} must be ${one.expected}${shown}${at}`
  return { state: 'wrong', code: 'E_CONFIG_INVALID', problem, source }
}

function show(given: unknown): string {
  const text = JSON.stringify(given) ?? typeof given
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}...` : text
}

/** Returns where a value comes from, for people. */
export function describeSource(source: Source): string {
  if (source.kind === 'default') return 'default'
  if (source.kind === 'environment') return source.variable
  return source.line === null ? source.path : `${source.path}, line ${source.line}`
}
