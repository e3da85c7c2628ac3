import type { JsonObject } from 'familiar'
import { isOn, objectOf, shellQuote, stringOf, type Io } from 'familiar/cli'
import { WRONG } from './url-text.js'
import { proxyNamedIn } from './upload/connection-errors.js'
import type { ErrorKind } from './upload/upload-types.js'
import { environmentSettings, isSwitchedOn } from './settings-table.js'

/**
 * The environment variables that matter to the sync daemon. It keeps their values from its start until it ends, but reads
 * `config.toml`, the session and the projects again each time.
 */
export type StartEnvironment = Readonly<Record<string, string | null>>

const SWITCH = 'SPEC_KITTY_ENABLE_SAAS_SYNC'

/** The variables for trusted certificates and for proxies. */
const PROXIES: readonly string[] = ['HTTPS_PROXY', 'NO_PROXY']
const CONNECTION = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'HTTPS_PROXY', 'NO_PROXY'] as const

/** A variable whose value differs between daemon and command; null means that it is not set. */
export interface Difference {
  /** The name by which the daemon has it or, if it is not set there, this command. */
  readonly variable: string
  readonly daemon: string | null
  readonly command: string | null
}

/**
 * Returns the variables of an environment that matter to the daemon, without passwords, because every user of the machine
 * may see the result.
 */
export function startEnvironment(env: Io['env']): StartEnvironment {
  const settings = environmentSettings('', env)
  const url = settings.get('sync.server_url')
  return {
    [SWITCH]: isSwitchedOn(settings, 'sync.hosted') ? 'on' : 'off',
    SPEC_KITTY_SAAS_URL: url.state === 'right' ? url.value : WRONG,
    ...Object.fromEntries(
      CONNECTION.map((name) => [nameIn(env, name), shown(name, env[nameIn(env, name)] || null)]),
    ),
  }
}

function shown(name: (typeof CONNECTION)[number], value: string | null): string | null {
  return value === null || name !== 'HTTPS_PROXY' ? value : withoutPassword(value)
}

/**
 * Returns the name by which an environment has a variable. The proxy variables may have lower-case names, which take
 * precedence.
 */
export function nameIn(env: Readonly<Record<string, string | null | undefined>>, name: string): string {
  const [upper, lower] = [name.toUpperCase(), name.toLowerCase()]
  return PROXIES.includes(upper) ? (env[lower] ? lower : upper) : name
}

function withoutPassword(proxy: string): string {
  const url = proxy.includes('://') ? proxy : `http://${proxy}`
  return URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : WRONG
}

/** Returns the daemon's values of the variables that decide whether and where events leave. */
export function startedWith(environment: StartEnvironment): Io['env'] {
  const named = [SWITCH, 'SPEC_KITTY_SAAS_URL'] as const
  return Object.fromEntries(named.map((name) => [name, environment[name] ?? '']))
}

/**
 * Returns the differences between the daemon's environment and that of this command; an empty list if the daemon does not
 * report its environment.
 */
export function differences(
  daemon: StartEnvironment | null,
  command: StartEnvironment,
): readonly Difference[] {
  if (daemon === null) return []
  return Object.keys(command).flatMap((name) => {
    const there = nameIn(daemon, name)
    const [theirs, ours] = [daemon[there], command[name] ?? null]
    const variable = theirs === null ? name : there
    return theirs === undefined || theirs === ours ? [] : [{ variable, daemon: theirs, command: ours }]
  })
}

export function isWrongHere({ command }: Difference): boolean {
  return command === WRONG
}

/**
 * Returns whether the daemon has hosted sync on while the variable of this command explicitly turns it off. The daemon
 * then sends events that the user of this shell may believe to stay here.
 */
export function isSendingAnyway(differing: readonly Difference[], env: Io['env']): boolean {
  return isTurnedOff(env) && differing.some(({ variable, daemon }) => variable === SWITCH && daemon === 'on')
}

/** Returns whether the variable explicitly turns hosted sync off. (Without the variable, hosted sync is off too.) */
export function isTurnedOff(env: Io['env']): boolean {
  const given = (env[SWITCH] ?? '').trim()
  return given !== '' && (!isOn(given) || /^n$/i.test(given))
}

/** Returns whether the daemon was started with hosted sync on; false if that is unknown. */
export function startedHosted(environment: StartEnvironment | null): boolean {
  return environment?.[SWITCH] === 'on'
}

/** What a connection to the server uses. */
export interface Uses {
  readonly isTls: boolean
  readonly isProxied: boolean
}

/** Returns whether the variable matters to a connection to the server. */
export function isUsed({ variable }: Difference, { isTls, isProxied }: Uses): boolean {
  if (PROXIES.includes(variable.toUpperCase())) return isProxied
  return !isConnection(variable) || isTls
}

function isConnection(variable: string): boolean {
  return CONNECTION.some((one) => one === variable.toUpperCase())
}

function isProxy(variable: string): boolean {
  return variable.toUpperCase() === 'HTTPS_PROXY'
}

interface LastError {
  readonly kind: ErrorKind | null
  readonly text: string | null
}

function isOfProxy({ kind, text }: LastError): boolean {
  return kind === 'environment' && proxyNamedIn(text) !== null
}

/**
 * Returns the variables whose other value in the daemon may be the cause of an error of this kind, if a restart could give
 * it all of them as they are set here. A certificate that is not set here can be no cure, and a missing proxy only if that
 * of the daemon fails. An untrusted certificate may also be that of another server, or of a proxy.
 */
export function otherAtStart(
  differing: readonly Difference[],
  error: LastError,
  uses: Uses,
): readonly string[] {
  if (differing.some(isWrongHere)) return []
  const canGo = (variable: string) => !isConnection(variable) || (isProxy(variable) && isOfProxy(error))
  const causes: readonly string[] = isOfProxy(error)
    ? PROXIES
    : error.kind === 'environment'
      ? ['SPEC_KITTY_SAAS_URL', ...CONNECTION]
      : error.kind === 'connection'
        ? ['SPEC_KITTY_SAAS_URL', ...PROXIES]
        : ['SPEC_KITTY_SAAS_URL']
  return differing
    .filter((one) => causes.includes(one.variable.toUpperCase()) && isUsed(one, uses))
    .filter(({ variable, command }) => command !== null || canGo(variable))
    .map(({ variable }) => variable)
}

/**
 * Returns the line that sets what the daemon has and this shell does not, so that a restart takes nothing away; empty if
 * there is nothing. Null if a value is not known: that of a proxy may have a password. A proxy that fails is not kept.
 */
export function restoring(differing: readonly Difference[], error: LastError, uses: Uses): string | null {
  const lost = differing
    .filter((one) => isConnection(one.variable) && one.command === null && isUsed(one, uses))
    .filter(({ variable }) => !(isProxy(variable) && isOfProxy(error)))
  if (lost.some(({ variable, daemon }) => isProxy(variable) || daemon === null)) return null
  if (lost.length === 0) return ''
  return `export ${lost.map(({ variable, daemon }) => `${variable}=${shellQuote(daemon ?? '')}`).join(' ')} && `
}

/** Reads the environment that a daemon reports; null if the value is not one. */
export function environmentOf(value: unknown): StartEnvironment | null {
  const json: JsonObject | null = objectOf(value)
  if (json === null) return null
  return Object.fromEntries(Object.entries(json).map(([name, one]) => [name, stringOf(one)]))
}
