import { failureText } from '../act/failure-words.js'
import { FamiliarError } from '../errors.js'
import type { StopResult } from './stop.js'

type Failed = Extract<StopResult, { readonly outcome: 'failed' }>

/** The error for a daemon that could not be stopped: the only text about it, so `stop` and `restart` agree. */
export function notStopped(
  { title, explain }: { readonly title: string; readonly explain: string },
  { pid, port, reason, advice }: Failed,
): FamiliarError {
  const who = `process ${pid ?? 'unknown'}, port ${port ?? 'none'}`
  return new FamiliarError(
    'E_DAEMON_NOT_REPLACED',
    `the ${title} (${who}) is not stopped: ${failureText(reason)}`,
    // A failure that is only described in words has no id for `explain`.
    { hint: advice ?? `${explain} ${/^\w+$/.test(reason) ? reason : 'F-005'}` },
  )
}
