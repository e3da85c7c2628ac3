import { describe, expect, it } from 'vitest'
import type { Family } from '../../src/family.js'
import type { CommandLine } from '../../src/identity/machine.js'
import { likelyHolders } from '../../src/observe/likely-holders.js'
import type { Platform } from '../../src/observe/platform/platform.js'

const family = {
  shapes: [
    { implementation: 'own', head: [/node/, /entry\.js/], marker: /--root=(?<scope>.+)/ },
    { implementation: 'predecessor', head: [/python/, /serve\.py/], marker: /--root=(?<scope>.+)/ },
  ],
  scopesInEnvironment: ({ ROOT: root }: Readonly<Record<string, string>>) =>
    root === undefined ? [] : [root],
} as unknown as Family

/** A machine with these processes; `null` where command lines cannot be read quickly. */
function machine(
  commands: Readonly<Record<number, readonly string[]>> | null,
  environments: Readonly<Record<number, Readonly<Record<string, string>>>> = {},
): Platform {
  return {
    matching: async <T extends object>(match: (command: CommandLine) => T | null) =>
      commands === null
        ? null
        : new Map(
            Object.entries(commands).flatMap(([pid, args]) => {
              const matched = match({ args })
              return matched === null ? [] : [[Number(pid), matched] as const]
            }),
          ),
    environment: async (pid: number) => environments[pid] ?? null,
  } as unknown as Platform
}

async function told(platform: Platform): Promise<readonly [pids: readonly number[], others: boolean]> {
  const { pids, nameOtherScopes } = await likelyHolders(family, '/root/scope', platform)
  return [[...pids], nameOtherScopes]
}

describe('the likely holders of the listeners', () => {
  it('are the processes with the command line of a daemon of the family', async () => {
    const commands = {
      3: ['sleep', '1'],
      5: ['node', 'entry.js', '--root=/root/scope'],
      7: ['node', 'other.js'],
    }
    expect(await told(machine(commands))).toEqual([[5], false])
    expect(await told(machine({}))).toEqual([[], false])
  })

  it('name another scope by their marker, or a predecessor by its environment', async () => {
    expect(await told(machine({ 5: ['node', 'entry.js', '--root=/other'] }))).toEqual([[5], true])
    const predecessor = { 6: ['python', 'serve.py', '--root=/root/scope'] }
    expect(await told(machine(predecessor, { 6: { ROOT: '/other' } }))).toEqual([[6], true])
    expect(await told(machine(predecessor, { 6: { ROOT: '/root/scope' } }))).toEqual([[6], false])
  })

  it('of our own have an environment that says nothing', async () => {
    const own = { 5: ['node', 'entry.js', '--root=/root/scope'] }
    expect(await told(machine(own, { 5: { ROOT: '/other' } }))).toEqual([[5], false])
  })

  it('are unknown where command lines cannot be read quickly: then they may name other scopes', async () => {
    expect(await told(machine(null))).toEqual([[], true])
  })
})
