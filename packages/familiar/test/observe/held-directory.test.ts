import { readlinkSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Family } from '../../src/family.js'
import type { Host } from '../../src/identity/machine.js'
import { observationsOf } from '../../src/observe/make-observations.js'
import type { Platform } from '../../src/observe/platform/platform.js'
import { makeHome } from '../helpers/homes.js'
import { listener, NAMESPACES, NETWORK, PORT, processView, scopeView, USER } from '../helpers/observations.js'

const family = {
  shapes: [{ implementation: 'own', head: [/node/, /\S+daemon\.js/, /sync/], marker: null }],
  relatives: [],
  scopesInEnvironment: null,
} as unknown as Family

/** What a scan keeps of the working directory of this very process, if it were a daemon of this user in the scope. */
async function heldBy(user: string, path?: string): Promise<string | null | undefined> {
  const { pid } = process
  // Another directory has its path now: a file system was mounted over it.
  const workingDirectory = path ?? makeHome()
  const here = scopeView({ real: workingDirectory, directory: '0/0' })
  const view = processView({ pid, user, workingDirectory })
  const host = { user: USER, namespaces: NAMESPACES, networkNamespace: NETWORK } as Host
  const platform = { name: 'linux', inspect: async () => new Map() } as unknown as Platform
  const listeners = [listener({ port: PORT, socket: 'its', user })]
  const read = {
    listeners,
    here,
    host,
    replies: new Map(),
    alive: new Map([[pid, view]]),
    proven: new Set<string>(),
  }
  const [seen] = await observationsOf(family, { ...read, holders: new Map([['its', pid]]) }, platform)
  return seen?.heldDirectory
}

it('the directory of a process is opened only for one of this user', async () => {
  expect([await heldBy(USER), await heldBy('65534')]).toEqual([`/proc/${process.pid}/cwd`, null])
})

it('the directory of a process is the scanned scope if it is on the same mount, with the same inode and path', async () => {
  expect(await heldBy(USER, readlinkSync(`/proc/${process.pid}/cwd`))).toBeNull()
})
