import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { startChild } from './children.js'
import { eventually } from './eventually.js'
import { stateOf } from './machine.js'

/** Its child reads what the test writes, and ends with that. By then this is `sleep`, which does not reap it. */
const PARENT = 'exec 3<&0; cat <&3 >/dev/null & echo $!; exec sleep 600'

/** Starts a process that has ended and is not reaped. Returns its pid. */
export async function startZombie(): Promise<number> {
  const parent = startChild('sh', ['-c', PARENT], { stdio: ['pipe', 'pipe', 'ignore'] })
  const pid = await new Promise<number>((resolve) =>
    parent.stdout?.once('data', (text) => resolve(Number(text))),
  )
  await eventually(() => expect(readFileSync(`/proc/${parent.pid}/cmdline`, 'latin1')).toMatch(/^sleep/))
  parent.stdin?.end()
  await eventually(() => expect(stateOf(pid)).toBe('Z'))
  return pid
}
