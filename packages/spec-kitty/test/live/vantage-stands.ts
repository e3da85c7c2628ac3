import { beyond, stranger } from './vantage-strangers.js'
import { forked, old, older, own, PORTS, type Stand } from './vantage-victims.js'

/** The fleet. */
export const STANDS: readonly Stand[] = [
  old('oldStale', 'orphan'),
  old('oldLive', 'old', { record: true }),
  old('preMarker', 'pre', { record: true, marker: false }),
  old('oldBoard', 'p-old', { record: true }),
  old('oldBoardStale', 'gone-3'),
  forked,
  older,
  own('ownLive', 'live', 'live'),
  own('ownStale', 'stale', 'stale'),
  own('boardLive', 'p-live', 'live'),
  own('boardStale', 'gone', 'stale'),
  stranger('stranger', 'text'),
  stranger('boardStranger', 'p-text'),
]

export const NOBODY = 65_534
export const LOOPBACK = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']
const PID_NAMESPACE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const TIME_NAMESPACE = ['unshare', '--time', '--boottime', '100000', '--fork', '--kill-child']
const OTHER_USER = ['setpriv', '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups']

/**
 * Healthy daemons beyond a vantage; in a network of its own one has the port of a live one here. What a kernel does not allow is left out, aloud.
 */
export const BEYOND: readonly (Stand & { readonly needs: readonly string[] })[] = [
  { ...beyond('beyondNet', 'net', PORTS.ownLive, LOOPBACK), needs: LOOPBACK },
  { ...beyond('boardNet', 'p-net', PORTS.boardLive, LOOPBACK), needs: LOOPBACK },
  { ...beyond('beyondPid', 'pid', PORTS.beyondPid, PID_NAMESPACE), needs: PID_NAMESPACE },
  { ...beyond('beyondTime', 'time', PORTS.beyondTime, TIME_NAMESPACE), needs: TIME_NAMESPACE },
  { ...beyond('beyondUser', 'user', PORTS.beyondUser, OTHER_USER, NOBODY), needs: OTHER_USER },
]
