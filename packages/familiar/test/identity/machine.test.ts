import { expect, it } from 'vitest'
import { UNKNOWN_NAMESPACE } from '../../src/identity/machine.js'
import { isProvenGone } from '../../src/observe/process-name.js'
import { keptAsUsed } from '../../src/observe/platform/linux-host.js'
import type { Platform } from '../../src/observe/platform/platform.js'

/** A system in which no process is seen. */
function nobodyIn(pidNamespace: string): Platform {
  const host = async () => ({ hostId: 'host', bootId: 'boot', pidNamespace })
  return { host, inspect: async () => new Map() } as unknown as Platform
}

function named(pid_namespace: string) {
  return { pid: 7, birth: 'boot/1', host_id: 'host', boot_id: 'boot', pid_namespace }
}

it.each([
  ['pid:[1]', 'pid:[1]', true],
  ['pid:[1]', 'pid:[2]', false],
  [UNKNOWN_NAMESPACE, 'pid:[1]', false],
  [UNKNOWN_NAMESPACE, UNKNOWN_NAMESPACE, false],
])('a process of %s that is not seen in %s is proven gone: %s', async (theirs, ours, isGone) => {
  expect(await isProvenGone(named(theirs), nobodyIn(ours))).toBe(isGone)
})

it('the id of the boot stays the same while a process lives, even if it can be read only later', () => {
  let text: string | null = null
  const bootId = keptAsUsed(
    () => text,
    () => 'unknown@host',
  )
  expect(bootId()).toBe('unknown@host')
  text = 'boot'
  expect(bootId()).toBe('unknown@host')
})
