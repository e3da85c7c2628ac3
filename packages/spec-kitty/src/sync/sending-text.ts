import { counted, secondsSince } from './ages.js'
import { TIMING } from './upload/upload-timing.js'
import type { KnownReport } from './work-report.js'
import type { WorkView } from './work-view.js'

/** An answer that takes longer than this is told: it may never come. */
const SILENT_SECONDS = 3

/** Returns whether the server has not answered the request that runs for long enough that this is told. */
export function isSilent({ report }: Pick<WorkView, 'report'>, now: number): boolean {
  return report.running === true && silence(report, now) !== ''
}

/** A request that runs keeps its server, even if the address was changed since. */
export function sendingText({ gate, report }: WorkView, now: number): string {
  const { requestServer } = report
  const next = gate.state === 'open' ? gate.serverUrl : null
  const server = requestServer ?? next
  const after = server === next ? '' : `; then to ${next}`
  return `sending${server === null ? '' : ` to ${server}`}${silence(report, now)}${after}`
}

/** Tells a server that answers nothing from one that is busy with much, is slow, or cannot be reached. */
function silence({ requestSince, requestConnected, requestBytes }: KnownReport, now: number): string {
  const seconds = secondsSince(requestSince, now) ?? 0
  if (seconds < SILENT_SECONDS) return ''
  const received = requestBytes ?? 0
  const state =
    received > 0
      ? `which is answering slowly: ${counted(received, 'byte')} so far, in ${seconds} s`
      : requestConnected === false
        ? `to which no connection has been made for ${seconds} s`
        : `which has not answered for ${seconds} s`
  return `, ${state}; the attempt ends after ${TIMING.requestMs / 1000} s`
}
