import { spawn, type ChildProcess } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startTicksOf } from '../helpers/machine.js'
import { until } from './sync-root.js'
import { daemonOf } from './vantage-processes.js'
import { isProject, type Scope } from './vantage-scopes.js'
import { rootOf, startOwn, type Stand } from './vantage-victims.js'

/** Victims that are no daemon, or a daemon that stands somewhere else. */

/** Processes that keep a namespace; they end with the test. */
const keepers: ChildProcess[] = []

export function endKeepers(): void {
  for (const keeper of keepers.splice(0)) keeper.kill('SIGKILL')
}

/** A process of which a healthy fleet knows nothing, and the text of the lock that names it as the holder. */
export function stranger(name: string, scope: Scope): Stand {
  return {
    scope,
    names: [name],
    start: async ({ base, at }) => {
      const script = join(base, 'stranger', 'spec-kitty-daemon.js')
      mkdirSync(dirname(script), { recursive: true })
      writeFileSync(script, 'read -r _\n')
      const args = isProject(scope)
        ? ['dashboard', `--spec-kitty-dashboard-project=${at(scope)}`]
        : ['sync', `--spec-kitty-daemon-root=${at(scope)}`]
      const child = spawn('bash', [script, ...args], { stdio: ['pipe', 'ignore', 'ignore'] })
      keepers.push(child)
      const pid = child.pid ?? 0
      await until(() => startTicksOf(pid) !== null, 60_000)
      writeLockText(at(scope), isProject(scope), pid)
      return { [name]: pid }
    },
  }
}

function writeLockText(path: string, hasProject: boolean, pid: number): void {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const text = JSON.stringify({ pid, birth: `${boot}/${startTicksOf(pid)}`, since: new Date().toISOString() })
  const places = hasProject
    ? ['.kittify/daemon/daemon.lock', '.kittify/.dashboard.lock']
    : ['daemons/sync/daemon.lock']
  for (const place of places) {
    mkdirSync(dirname(join(path, place)), { recursive: true, mode: 0o700 })
    writeFileSync(join(path, place), `${text}\n`, { mode: 0o600 })
  }
}

/** A healthy daemon of ours whose starter stands somewhere else, and keeps that place open. */
export function beyond(
  name: string,
  scope: Scope,
  port: number,
  prefix: readonly string[],
  uid?: number,
): Stand {
  const family = isProject(scope) ? 'dashboard' : 'sync'
  return {
    scope,
    names: [name],
    start: async ({ at }) => {
      if (!isProject(scope)) rmSync(join(at(scope), 'daemons'), { recursive: true, force: true })
      if (uid !== undefined) chownSync(at(scope), uid, uid)
      const waiting = [...prefix, 'sh', '-c', '"$@" && read -r _', 'sh']
      const keeper = startOwn(family, at(scope), rootOf(at, family, scope), port, waiting)
      keepers.push(keeper)
      await new Promise((resolve, reject) => {
        keeper.stdout?.once('data', resolve)
        keeper.once('exit', () => reject(new Error(`${name} was not started`)))
      })
      return { [name]: daemonOf(at(scope)) }
    },
  }
}
