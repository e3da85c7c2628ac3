// @ts-check
/**
 * The packages that a user could run instead of the doctor, besides lsof and ss. They are installed into `bench/beside`
 * when the bench runs, in the versions of its own lock file, so they are never installed with the workspace.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Returns the path of a file in bench/beside. @param {string} name */
export const besideFile = (name) => fileURLToPath(new URL(`beside/${name}`, import.meta.url))

export const PYTHON = '/usr/bin/python3'
export const PYTHON_PACKAGES = besideFile('python')
const PSUTIL = 'psutil==7.2.2'

/**
 * Installs the missing packages. A package that cannot be installed is left out of the comparison.
 *
 * @param {(message: string) => void} say
 */
export function installBeside(say) {
  if (!existsSync(besideFile('node_modules'))) {
    say('installing the packages to compare with (bench/beside)')
    run('npm', ['ci', '--silent', '--no-audit', '--no-fund', '--ignore-scripts'])
  }
  if (!hasPsutil())
    run(PYTHON, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--target',
      PYTHON_PACKAGES,
      PSUTIL,
    ])
}

export function hasPackages() {
  return existsSync(besideFile('node_modules/pid-port'))
}

export function hasPsutil() {
  const env = { ...process.env, PYTHONPATH: PYTHON_PACKAGES }
  return spawnSync(PYTHON, ['-c', 'import psutil'], { env, stdio: 'ignore' }).status === 0
}

/** @param {string} file @param {readonly string[]} args */
function run(file, args) {
  spawnSync(file, args, { cwd: besideFile(''), stdio: ['ignore', 'ignore', 'inherit'] })
}
