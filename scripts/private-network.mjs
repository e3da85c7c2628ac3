// @ts-check
import { spawnSync } from 'node:child_process'

const UNSHARE = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc']
const LOOPBACK_UP = 'ip link set lo up'

/**
 * Returns the command line that runs a command in its own network and pid namespace, or null if this machine allows none
 * (no root, no `unshare`, no `ip`). Inside, the real port ranges are free, and no process outlives the command, because all
 * of them end with the pid namespace.
 *
 * @param {readonly string[]} command
 * @returns {readonly string[] | null}
 */
export function inPrivateNetwork(command) {
  const probe = spawnSync(UNSHARE[0] ?? '', [...UNSHARE.slice(1), 'sh', '-c', LOOPBACK_UP])
  if (process.platform !== 'linux' || probe.status !== 0) return null
  return [
    ...UNSHARE,
    'sh',
    '-c',
    `${LOOPBACK_UP} && FAMILIAR_PRIVATE_NETWORK=1 "$@"; exit $?`,
    'private-network',
    ...command,
  ]
}
