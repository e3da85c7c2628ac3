import { FamiliarError } from '../errors.js'
import { titleOf, type Family } from '../family.js'
import type { ProvenConnection } from '../observe/handshake.js'
import type { DaemonRecord } from '../protocol/record.js'
import { unreachable } from './out-of-reach-errors.js'

/** Why a request was not sent. */
export type NotSent = Exclude<ProvenConnection['outcome'], 'proven'>

/** The error for a request of which nothing was sent yet. */
export function notSent(why: NotSent, family: Family, record: DaemonRecord, cause?: unknown): FamiliarError {
  const daemon = nameOf(family, record)
  if (why === 'unreachable') return unreachable({ family }, record)
  if (why === 'no_response') {
    return new FamiliarError(
      'E_DAEMON_UNRESPONSIVE',
      `${daemon} does not answer; the request was not sent to it`,
      { hint: 'stop the daemon, and run the command again', cause },
    )
  }
  const what =
    why === 'impostor'
      ? 'something else answers on its port'
      : 'it does not accept the connection, or closed it'
  return new FamiliarError('E_DAEMON_UNREACHABLE', `${daemon} is gone: ${what}; the request was not sent`, {
    hint: 'run the command again',
    retry: true,
    cause,
  })
}

/** The error for a connection that ended after sending had begun and before a reply began. */
export function interrupted(family: Family, record: DaemonRecord, cause: unknown): FamiliarError {
  return new FamiliarError(
    'E_REQUEST_INTERRUPTED',
    `the connection to ${nameOf(family, record)} ended before its reply; it may have done what was asked`,
    { hint: CHECK_FIRST, cause },
  )
}

/** The error for a request that the daemon refused before it began with it. */
export function notBegun(family: Family, record: DaemonRecord): FamiliarError {
  return new FamiliarError(
    'E_DAEMON_UNREACHABLE',
    `${nameOf(family, record)} shuts down, or could not start; it has not begun what was asked`,
    { hint: 'run the command again', retry: true },
  )
}

/** The error for a request that the daemon gave up after a handler had begun with it. */
export function givenUp(family: Family, record: DaemonRecord): FamiliarError {
  return new FamiliarError(
    'E_REQUEST_INTERRUPTED',
    `${nameOf(family, record)} shut down while it handled the request, or its program was replaced; it may have done what was asked`,
    { hint: CHECK_FIRST },
  )
}

/** The error for a reply that ended before it was complete. */
export function cutOff(family: Family, record: DaemonRecord, cause: unknown): FamiliarError {
  return new FamiliarError(
    'E_REQUEST_INTERRUPTED',
    `the reply of ${nameOf(family, record)} was cut off; it may have done what was asked`,
    { hint: CHECK_FIRST, cause },
  )
}

/** The error for a daemon that has proved itself but did not begin its reply in time. */
export function noReply(family: Family, record: DaemonRecord, timeoutMs: number): FamiliarError {
  return new FamiliarError(
    'E_DAEMON_UNRESPONSIVE',
    `${nameOf(family, record)} has not begun its reply within ${timeoutMs / 1000} s; it may still do what was asked`,
    { hint: 'see what the daemon is busy with (its log), or allow more time' },
  )
}

const CHECK_FIRST = 'run the command again, unless it must not happen twice: then see first what was done'

function nameOf(family: Family, { pid, port }: DaemonRecord): string {
  return `the ${titleOf(family)} (process ${pid ?? 'unknown'}, port ${port})`
}
