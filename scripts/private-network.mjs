// @ts-check
import { spawnSync } from 'node:child_process'

const UNSHARE = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc']
const LOOPBACK_UP = 'ip link set lo up'
const RUN = `${LOOPBACK_UP} && FAMILIAR_PRIVATE_NETWORK=1 "$@"; exit $?`

/**
 * Continues in a nested network namespace whose connection table has only this number of places. Otherwise a namespace
 * uses the table of the machine, and each reader of `/proc/net/tcp` walks through its hundred thousand places, which
 * takes milliseconds. If the kernel lacks the setting, the nested namespace uses the table of the machine too.
 */
const RUN_WITH_SMALL_TABLE =
  'echo 1024 2>/dev/null >/proc/sys/net/ipv4/tcp_child_ehash_entries; exec unshare --net sh -c "$0" private-network "$@"'

/**
 * Returns the command line that runs a command in its own network and pid namespace; null if this machine does not allow
 * that (no root, no `unshare`, no `ip`). Inside, the real port ranges are free, and no process outlives the command,
 * because all of them end with the pid namespace.
 *
 * @param {readonly string[]} command
 * @param {{ hasSmallTable?: boolean }} [options] `hasSmallTable`: a scan takes less processor time than outside, so that
 *   nothing may be measured inside.
 * @returns {readonly string[] | null}
 */
export function inPrivateNetwork(command, { hasSmallTable = false } = {}) {
  const probe = spawnSync(UNSHARE[0] ?? '', [...UNSHARE.slice(1), 'sh', '-c', LOOPBACK_UP])
  if (process.platform !== 'linux' || probe.status !== 0) return null
  const script = hasSmallTable ? [RUN_WITH_SMALL_TABLE, RUN] : [RUN, 'private-network']
  return [...UNSHARE, 'sh', '-c', ...script, ...command]
}
