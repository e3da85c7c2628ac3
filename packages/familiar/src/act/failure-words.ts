import type { FailureReason } from './terminate-process.js'

/** Why a process could not be ended. A reason of the form `unknown: ...` describes it in words. */
export const FAILURE_WORDS: Readonly<Record<Exclude<FailureReason, `unknown: ${string}`>, string>> = {
  permission_denied: 'this user may not end it',
  identity_changed: 'it is another process by now',
  survived_kill: 'it did not end after SIGKILL',
  port_still_listening: 'another process still listens on its port',
  identity_unproven: 'it is not proven to be what it seems',
}

/** Returns the reason in words, followed by its name, which `explain` and the documents use. */
export function failureText(reason: string): string {
  if (!Object.hasOwn(FAILURE_WORDS, reason)) return reason
  return `${FAILURE_WORDS[reason as keyof typeof FAILURE_WORDS]} (${reason})`
}
