import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** How much of the machine others may use before it counts as busy, and how long that is looked at. */
const BUSY_SHARE = 0.3
const LOOK_MS = 500

/** Returns whether others use much of the processors at this moment. */
export async function isMachineBusy(): Promise<boolean> {
  const before = cpuTimes()
  await sleep(LOOK_MS)
  const after = cpuTimes()
  return 1 - (after.idle - before.idle) / (after.all - before.all) > BUSY_SHARE
}

function cpuTimes() {
  const times = cpus().map((cpu) => cpu.times)
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((one) => Object.values(one))) }
}
