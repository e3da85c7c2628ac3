import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, prompt, removeProjects, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

/** The packages and documents that are found, each with its mission. */
async function found(query: string): Promise<readonly string[]> {
  const project = emptyProject()
  for (const [id, title] of [
    ['002-offline-queue', 'Offline queue'],
    ['003-import', 'Import wizard'],
  ] as const)
    writeMission(project, id, {
      'meta.json': JSON.stringify({ title }),
      'spec.md': 'nothing',
      'tasks/WP06-retry.md': prompt('WP06', 'Retry'),
      'status.events.jsonl': laneEvent(1, 'WP06', 'planned') + laneEvent(2, 'WP60', 'planned'),
    })
  const { results } = await openProject(project).search(query, new AbortController().signal)
  return results
    .filter(({ kind, line }) => kind !== 'mission' && line === null)
    .map(({ kind, mission, work_package: wp, document }) => [kind, mission.id, wp ?? document].join(' '))
    .toSorted()
}

const OF = (mission: string) => [`document ${mission} WP06`, `package ${mission} WP06`]

describe('the search', () => {
  it.each(['WP06', 'wp06', 'WP-6', 'wp006'])(
    'finds a package however its id is written: %s',
    async (query) => {
      expect(await found(query)).toEqual([...OF('002-offline-queue'), ...OF('003-import')].toSorted())
    },
  )

  it('finds it too by an id that is part of another one', async () => {
    expect(await found('WP6')).toEqual(expect.arrayContaining(OF('003-import')))
  })

  it.each(['wp06 offline', 'Queue WP-06', 'offline retry', '002 wp6 retry'])(
    'finds a package of a mission by words of both: %s',
    async (query) => expect(await found(query)).toEqual(OF('002-offline-queue')),
  )

  it('finds a document of a mission by words of both', async () => {
    expect(await found('import spec')).toEqual(['document 003-import spec.md'])
  })

  it.each(['offline', 'wp7', 'wp06 nothing-like-this'])(
    'finds nothing that only its mission or no word names: %s',
    async (query) => expect(await found(query)).toEqual([]),
  )
})
