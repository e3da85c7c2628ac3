import { appendFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { LocatedEntry } from '../../src/dashboard/project/locate.js'
import { rememberFiles } from '../../src/dashboard/project/remember-files.js'
import { openProject } from '../../src/dashboard/project/project.js'
import type { Vouching } from '../../src/dashboard/project/vouching.js'
import { emptyProject, laneEvent, prompt, removeProjects, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

/** A file as it would be found: one of long ago, so that what was read of it may be kept. */
function entry(ino: number, size: number): LocatedEntry {
  const stats = {
    dev: 1n,
    ino: BigInt(ino),
    size: BigInt(size),
    mtimeMs: 1n,
    ctimeMs: 1n,
    mtimeNs: 1n,
    ctimeNs: 1n,
  }
  return { kind: 'file', path: `/p/${ino}`, root: '/p', within: '/p', stats } as unknown as LocatedEntry
}

describe('what is remembered of files', () => {
  const value = { lanes: ['done', 'planned'], text: 'grün', none: null }

  it('is the same after it was frozen, and is not read again', async () => {
    const memory = rememberFiles()
    let reads = 0
    const recall = (files: readonly LocatedEntry[]) =>
      memory.recall('', files, async () => ({ value: { ...value, reads: (reads += 1) }, is_kept: true }))
    expect(await recall([entry(1, 5)])).toEqual({ ...value, reads: 1 })
    memory.forgetUnused()
    memory.freeze()
    memory.freeze()
    expect(await recall([entry(1, 5)])).toEqual({ ...value, reads: 1 })
    memory.forgetUnused()
    memory.freeze()
    expect(await recall([entry(1, 6)])).toEqual({ ...value, reads: 2 })
  })

  it('is forgotten, frozen or not, when it was not asked for between two looks', async () => {
    const memory = rememberFiles()
    const recall = (key: string) =>
      memory.recall(key, [entry(1, 5)], async () => ({ value: key, is_kept: true }))
    await recall('a')
    memory.freeze()
    memory.forgetUnused()
    memory.forgetUnused()
    let isRead = false
    await memory.recall('a', [entry(1, 5)], async () => ({ value: 'new', is_kept: (isRead = true) }))
    expect(isRead).toBe(true)
  })
})

describe('a project at rest', () => {
  /** Says that nothing ever changes, as a watch would that misses everything. */
  const deaf: Vouching = { ofList: () => 'same', ofMission: () => 'same', settle: async () => {} }

  function make() {
    const project = emptyProject()
    const mission = writeMission(project, 'm', {
      'tasks/WP01.md': prompt('WP01', 'One', 'agent: badger\n'),
      'status.events.jsonl': laneEvent(1, 'WP01', 'claimed'),
    })
    const log = join(mission, 'status.events.jsonl')
    utimesSync(log, 1, 1)
    return { reader: openProject(project, { vouching: deaf }), log }
  }

  it.each(['rest', 'forget'] as const)(
    'answers the same, and sees what changed meanwhile: %s',
    async (how) => {
      const { reader, log } = make()
      const before = await reader.missions()
      const board = await reader.mission('m')
      await reader[how]()
      expect(await reader.missions()).toEqual(before)
      expect(await reader.mission('m')).toEqual(board)
      // While it is vouched for, nothing is looked at.
      appendFileSync(log, laneEvent(2, 'WP01', 'for_review'))
      expect(await reader.missions()).toEqual(before)
      await reader[how]()
      expect(await reader.mission('m')).toMatchObject({
        work_packages: [{ lane: 'for_review', agent: 'badger' }],
      })
      writeFileSync(log, readFileSync(log, 'utf8').replace('for_review', 'approved'))
      await reader[how]()
      expect(await reader.mission('m')).toMatchObject({ work_packages: [{ lane: 'approved' }] })
    },
  )
})
