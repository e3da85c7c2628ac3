import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { startTicksOf } from './machine.js'

/** A process that stays until it is ended. */
export interface Started {
  readonly pid: number
  /** Kills it, and resolves once it is gone. */
  readonly end: () => Promise<void>
}

/** Starts a process that stands for an agent. */
export async function startProcess(command: string, ...args: readonly string[]): Promise<Started> {
  const child = spawn(command, args, { stdio: 'ignore' })
  await once(child, 'spawn')
  return {
    pid: child.pid ?? 0,
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** When a process started, in seconds since 1970, as psutil computes it, which the predecessor uses. */
export function startedAt(pid: number): number {
  const boot = Number(/^btime (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
  return boot + Number(startTicksOf(pid)) / 100
}
