import { clockText, shellQuote } from 'familiar/cli'
import { loginCommands, tokenLogin } from './login-command.js'
import { isLoopback } from './check-server-url.js'
import { withoutSlash } from './url-text.js'
import { isSuspect } from './upload/stuck-text.js'
import { isCutOff, isWithoutTls, MAY_BE_WRONG, proxyNamedIn } from './upload/connection-errors.js'
import { LOG_REMOVED } from './queue/queue-errors.js'
import { syncNow } from './why-daemon.js'
import { mayRestart, restartCommand } from './why-restart.js'
import type { Standing, Why } from './why-types.js'
import { inHome } from '../cli/in-home.js'

export const configList = (): string => inHome`spec-kitty config list`
const withoutProxy = (variable: string) =>
  `without ${variable}; if a proxy is needed, set it right in this shell instead`
const ISSUER_FIRST = 'FILE: the certificate of its issuer'

/** The explanation of a command that can only try at once, if the server fails. */
export const PATIENCE = 'nothing to do if the server comes back'
/** The answer of a network instead of the server, until the user has agreed to something there. */
export const AFTER_SIGN_IN = "useful after a network's own sign-in page; the daemon tries again by itself"
export const BY_ITSELF = 'the daemon tries again by itself'
const whereSet = (): string => `${configList()}  # shows where the address is set: correct it there`
const notSetHere = (): string =>
  `${configList()}  # shows what is set here, which is not what the sync daemon has`

const FORMAT_MAY_BE_WRONG =
  'sync.format is "cloudevents", which this server may not know, or its address may be wrong'
const whereFormat = (): string =>
  `${configList()}  # shows where sync.format and the address are set: correct what is wrong there`

/** Nothing on this machine cures an event with which the server fails. */
export const STUCK_CURE = 'if that goes on, tell those who run the server the id of the event'

export const STUCK_REMOVED =
  'removes that event for ever, so that those behind it leave; sync queue --export FILE keeps a copy'

const SAME_TOKEN = 'asks for the token: the same one'

export const LAST_FAILED = 'the last attempt failed'

/** The server may do so again once it answers as it should. */
const WAS_REFUSED = 'before that, the server refused the session, and it has taken nothing since'

export const TRYING = 'it tries again now'

/** Returns why the daemon waits before its next attempt, or still has no answer to it (`nextAttemptAt` is null). */
export function whyBackingOff(standing: Standing, nextAttemptAt: string | null): Why {
  const { lastError, lastErrorKind = null, stuckError = null } = standing
  if (stuckError !== null) return whyStuck(stuckError, standing.stuckEventId ?? null, nextAttemptAt)
  const { doubt = null, ...remedy } = backingOffRemedy(standing)
  const noFailure = NO_FAILURE[lastErrorKind ?? '']
  const failed = noFailure ?? LAST_FAILED
  const next = noFailure === undefined ? 'the next one' : 'the next attempt'
  const more = `${doubt === null ? '' : `; ${doubt}`}${standing.wasRefused === true ? `; ${WAS_REFUSED}` : ''}`
  const error = lastError === null ? '' : `: ${lastError}`
  return {
    reason: 'backing_off',
    sentence: `${failed}${error}${more}; ${whenNext(next, nextAttemptAt)}`,
    ...(lastError === null ? {} : { brief: `${failed}${more}` }),
    ...remedy,
    isAll: true,
  }
}

/** Only the events of one project wait for this one, and the cause is known to whoever runs the server. */
function whyStuck(error: string, eventId: string | null, nextAttemptAt: string | null): Why {
  return {
    reason: 'backing_off',
    sentence: `${error}; ${whenNext('the next attempt', nextAttemptAt)}`,
    brief: error,
    command: syncNow(),
    shown: `${syncNow()}  # tries at once; ${STUCK_CURE}`,
    ...(eventId === null ? {} : { also: dropCommand(eventId) }),
    isAll: true,
    lead: 'what waits stays',
  }
}

/** Removing the event is the user's to decide, so the command asks. */
function dropCommand(eventId: string): string {
  const operand = eventId.startsWith('-') ? `-- ${shellQuote(eventId)}` : shellQuote(eventId)
  return inHome`spec-kitty sync queue drop ${operand}  # ${STUCK_REMOVED}`
}

function whenNext(what: string, at: string | null): string {
  return at === null ? TRYING : `${what} is at ${clockText(new Date(at))}`
}

/** What it is if it is no failure, by the kind of the error. */
const NO_FAILURE: Readonly<Record<string, string | undefined>> = {
  wait: 'the server asked to wait',
  kept: 'the server has not taken all events yet',
}

type Doubted = Pick<Why, 'command' | 'shown' | 'also'> & { readonly doubt?: string }

/** Waiting helps only if the server is down. */
function backingOffRemedy(standing: Standing): Doubted {
  const {
    lastErrorKind = null,
    otherAtStart = [],
    isServerOfSession = false,
    isOtherAddress = false,
    isTokenGiven = false,
    signInObstacle = null,
    lastError,
    restoring = '',
  } = standing
  const isOfDaemon = ['connection', 'address', 'environment'].includes(lastErrorKind ?? '')
  const isRestarted = restoring !== null && mayRestart(standing)
  if (isOfDaemon && otherAtStart.length > 0 && isRestarted)
    return {
      doubt: `the sync daemon was started with another ${otherAtStart.join(' and ')}`,
      command: `${restoring}${restartCommand(standing)}`,
    }
  const isCloudEvents = standing.gate.state === 'open' && standing.gate.format === 'cloudevents'
  if (lastErrorKind === 'address' && isCloudEvents)
    return { doubt: FORMAT_MAY_BE_WRONG, ...trying(BY_ITSELF), also: whereFormat() }
  const shown = isOtherAddress ? notSetHere() : whereSet()
  const login =
    signInObstacle === null ? loginCommands(null, 'backing_off', isTokenGiven, null).shown : undefined
  const correction = isServerOfSession ? login : shown
  const also = correction === undefined ? {} : { also: correction }
  if (lastErrorKind === 'address') {
    const comment = /web page|redirect/.test(lastError ?? '') ? AFTER_SIGN_IN : BY_ITSELF
    return { doubt: 'the address of the server may be wrong', ...trying(comment), ...also }
  }
  if (lastErrorKind === 'certificate') return trying(BY_ITSELF)
  if (lastErrorKind === 'environment') {
    const command = 'spec-kitty explain backing_off'
    return isRestarted ? { command, shown: `${restoring}${otherVariables(standing)}` } : { command }
  }
  // The server's wish counts, also against a user who is in a hurry.
  if (lastErrorKind === 'wait') {
    const command = 'spec-kitty explain backing_off'
    return { command, shown: `${command}  # nothing to do: the daemon tries again then` }
  }
  if (lastErrorKind === 'queue' && lastError?.endsWith(LOG_REMOVED) === true)
    return { command: `${restoring ?? ''}${restartCommand(standing)}` }
  if (lastErrorKind === 'queue' || lastErrorKind === 'kept')
    return { command: syncNow(), shown: `${syncNow()}  # tries at once` }
  const patience = trying(isSuspect(lastError) ? `${PATIENCE}; ${STUCK_CURE}` : PATIENCE)
  if (lastErrorKind !== 'connection') return patience
  if (isWithoutTls(lastError)) return withoutTls(standing, also)
  const isPlain = gateUrl(standing)?.protocol === 'http:' && isCutOff(lastError)
  return {
    doubt: isPlain ? `${MAY_BE_WRONG}; if it speaks TLS, it must begin with https://` : MAY_BE_WRONG,
    ...patience,
    ...also,
  }
}

function gateUrl({ gate }: Standing): URL | null {
  return gate.state === 'open' ? new URL(gate.serverUrl) : null
}

/** Plain HTTP is allowed to this machine only. */
function withoutTls(standing: Standing, also: Pick<Why, 'also'>): Doubted {
  const { isServerOfSession = false, isTokenGiven = false, signInObstacle = null } = standing
  const url = gateUrl(standing)
  if (url === null || !isLoopback(url.hostname))
    return {
      doubt:
        'it may have no TLS, without which events go to no other machine than this one, or its port may be wrong',
      ...trying(BY_ITSELF),
      ...also,
    }
  const doubt = 'if it speaks only http, its address must begin with http://'
  if (!isServerOfSession)
    return {
      doubt,
      ...trying(BY_ITSELF),
      also: `${configList()}  # shows where the address is set: write http:// there`,
    }
  if (signInObstacle !== null) return { doubt, ...trying(BY_ITSELF) }
  const server = withoutSlash(url.href.replace(/^https:/, 'http:'))
  const { command, shown } = loginCommands(server, 'backing_off', isTokenGiven, null)
  // The address is right but for its beginning, so the same token fits.
  const login = shown === undefined ? command : `${tokenLogin(server)}  # ${SAME_TOKEN}`
  return { doubt, ...trying(BY_ITSELF), also: login }
}

function trying(comment: string): Doubted {
  return { command: syncNow(), shown: `${syncNow()}  # tries at once; ${comment}` }
}

/** The command that gives the daemon another proxy, or another certificate to trust. */
function otherVariables(standing: Standing): string {
  const proxy = proxyNamedIn(standing.lastError)
  // Without one spelling, the other one would count.
  const bare = 'env -u https_proxy -u HTTPS_PROXY '
  if (proxy !== null) return `${restartCommand(standing, bare)}  # ${withoutProxy(proxy)}`
  return `export NODE_EXTRA_CA_CERTS=FILE && ${restartCommand(standing)}  # ${ISSUER_FIRST}`
}
