/** The gates in front of the machine: what a process reads about it, and the signals that it sends. */
import * as fs from 'node:fs'
import type { Platform } from '../../../packages/familiar/dist/observe/platform/platform.js'
import { selectPlatform } from '../../../packages/familiar/dist/observe/platform/select.js'
import * as realScan from '../../../packages/familiar/dist/observe/scan.js'
import { ask, askSync, done, inside, isInside, pidText, portText } from './gate-controller.js'

/** Returns this process and its ancestors. Before a signal, a client checks that its target is not one of them. */
function ancestorsOf(pid: number): ReadonlySet<number> {
  const found = new Set([pid])
  for (let at = process.ppid; at > 1 && !found.has(at);) {
    found.add(at)
    at = Number(/^PPid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${at}/status`, 'utf8'))?.[1] ?? 0)
  }
  return found
}
const ancestors = ancestorsOf(process.pid)

export async function gatedPlatform(): Promise<Platform> {
  const real = await selectPlatform()
  return {
    ...real,
    listeners: async (range, deadline) => {
      if (isInside()) return real.listeners(range, deadline)
      await ask('listeners', [portText(range.from)])
      const found = await real.listeners(range, deadline)
      return done(found, found.length)
    },
    inspect: async (pids, deadline) => {
      const others = pids.filter((pid) => !ancestors.has(pid))
      if (isInside() || others.length === 0) return real.inspect(pids, deadline)
      await ask('inspect', others.map(pidText))
      const found = await real.inspect(pids, deadline)
      return done(found, others.filter((pid) => found.has(pid)).map(pidText))
    },
    lockHolder: async (path, namedHolder, pids) => {
      if (isInside()) return real.lockHolder(path, namedHolder, pids)
      await ask('lock.holder', [])
      const found = await real.lockHolder(path, namedHolder, pids)
      return done(found, found === null || found === 'unknown' ? found : pidText(found.pid))
    },
  }
}
export async function scan(...given: Parameters<typeof realScan.scan>) {
  await ask('scan', [])
  const seen = await inside(() => realScan.scan(...given))
  const { lockHolder } = seen.context.here
  const holder = lockHolder === null || lockHolder === 'unknown' ? lockHolder : pidText(lockHolder.pid)
  const listening = seen.candidates.filter(({ observation }) => observation.port !== null)
  return done(seen, { holder, daemons: listening.map(({ observation }) => pidText(observation.pid)) })
}
export function kill(pid: number, signal: NodeJS.Signals): void {
  askSync('kill', [pidText(pid), signal])
  try {
    process.kill(pid, signal)
  } catch (error) {
    done(null, 'gone')
    throw error
  }
  done(null, 'sent')
}
