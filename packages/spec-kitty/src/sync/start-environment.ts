import type { JsonObject } from 'familiar'
import { isOn, objectOf, stringOf, type Io } from 'familiar/cli'
import { WRONG } from './url-text.js'
import { environmentSettings, isSwitchedOn } from './settings-table.js'

/**
 * The environment variables that matter to the sync daemon. It keeps their values from its start until it ends, but reads
 * `config.toml`, the session and the projects again each time.
 */
export type StartEnvironment = Readonly<Record<string, string | null>>

const SWITCH = 'SPEC_KITTY_ENABLE_SAAS_SYNC'

/** The variables for trusted certificates and for proxies. */
const CONNECTION = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'HTTPS_PROXY', 'NO_PROXY'] as const

/** A variable whose value differs between daemon and command; null means that it is not set. */
export interface Difference {
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
    ...Object.fromEntries(CONNECTION.map((name) => [name, shown(name, env)])),
  }
}

/** Programs prefer the lower-case names of the proxy variables. */
function shown(name: (typeof CONNECTION)[number], env: Io['env']): string | null {
  const isProxy = name.endsWith('_PROXY')
  const value = (isProxy ? env[name.toLowerCase()] : undefined) || env[name] || null
  return value === null || name !== 'HTTPS_PROXY' ? value : withoutPassword(value)
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
  return Object.keys(command).flatMap((variable) => {
    const [theirs, ours] = [daemon[variable], command[variable] ?? null]
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

/**
 * Returns the variables that decide where and how the daemon connects, if a restart could give it all of them as they are
 * set here.
 */
export function otherAtStart(differing: readonly Difference[]): readonly string[] {
  if (differing.some(isWrongHere)) return []
  return differing.map(({ variable }) => variable).filter((one) => one !== SWITCH)
}

/** Reads the environment that a daemon reports; null if the value is not one. */
export function environmentOf(value: unknown): StartEnvironment | null {
  const json: JsonObject | null = objectOf(value)
  if (json === null) return null
  return Object.fromEntries(Object.entries(json).map(([name, one]) => [name, stringOf(one)]))
}
