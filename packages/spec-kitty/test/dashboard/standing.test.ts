import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { way, WORKED, writeWays } from '../helpers/lane-ways.js'
import { emptyProject, prompt, removeProjects, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

describe('a mission in the list', () => {
  const done = way('WP01', 10, ...WORKED, ['approved'], ['done'])
  const approved = way('WP02', 20, ...WORKED, ['approved'])
  it.each([
    ['merged', 'finished', 'merged', { baseline_merge_commit: 'abc' }, [done, approved]],
    ['merged', 'finished', 'merged', { merged_commit: 'abc', merged_at: '2026-01-02' }, [done, approved]],
    ['merged', 'finished', 'merged', { merged_at: '2026-01-02T00:00:00Z' }, [done, approved]],
    ['done', 'finished', 'done', {}, [done]],
    ['approved', 'waiting', 'approved, waiting for merge', {}, [done, approved]],
    ['waiting', 'waiting', '1 waits for you', {}, [done, way('WP02', 20, ...WORKED.slice(0, 4))]],
    ['working', 'active', '1 in work', {}, [done, way('WP02', 20, ...WORKED.slice(0, 3))]],
    [
      'done',
      'finished',
      '1 done, 2 canceled',
      {},
      [done, way('WP02', 20, ['canceled']), way('WP03', 30, ['claimed'], ['canceled'])],
    ],
    ['canceled', 'finished', 'canceled', {}, [way('WP01', 10, ['canceled']), way('WP02', 20, ['genesis'])]],
    ['planned', 'active', 'planned', {}, [way('WP01', 10, ['planned'])]],
    ['planned', 'active', 'planned', {}, [way('WP01', 10, ['planned']), way('WP02', 20, ['canceled'])]],
    ['idle', 'active', '1 left', {}, [done, '']],
    ['idle', 'active', '1 ready', {}, [done, way('WP02', 20, ['planned'])]],
    [
      'idle',
      'active',
      '2 ready',
      {},
      [way('WP01', 10, ['planned'], ['claimed'], ['planned']), way('WP02', 20, ['planned'])],
    ],
    ['idle', 'active', '1 left', {}, [way('WP01', 10, ['teleported'])]],
    ['not_finalised', 'active', 'not finalised', {}, [way('WP01', 10, ['genesis']), '']],
    ['not_finalised', 'active', 'not finalised', {}, ['']],
    ['empty', 'active', 'no work packages yet', {}, []],
  ] as const)('is %s', async (state, section, state_words, meta, logs) => {
    const project = emptyProject()
    writeWays(project, 'm', { purpose_tldr: 'So that\n it works.', ...meta }, logs)
    const { missions } = await openProject(project).missions()
    expect(missions).toMatchObject([{ state, section, state_words, purpose: 'So that it works.' }])
  })

  it.each([
    ['planned', [['planned']]],
    ['blocked', [['blocked']]],
    ['claimed', WORKED.slice(0, 2)],
    ['in work', WORKED.slice(0, 3)],
    ['for review', WORKED.slice(0, 4)],
    ['in review', WORKED],
    ['sent back', [...WORKED, ['planned']]],
    ['sent back into work', [...WORKED, ['in_progress']]],
  ] as const)('does not wait once it is merged, with a package that is %s', async (_, rest) => {
    for (const meta of [
      { baseline_merge_commit: 'abc' },
      { merged_at: '2026-01-01' },
      { merged_at: '2026-01-01T00:01:00Z', merged_commit: 'abc' },
    ]) {
      const project = emptyProject()
      writeWays(project, 'm', meta, [done, way('WP02', 20, ...rest)])
      const opened = openProject(project)
      expect(await opened.missions()).toMatchObject({
        missions: [{ state: 'merged', section: 'finished', waiting_count: 0, stalled_count: 0 }],
      })
      const { counts } = await opened.now()
      expect(Object.values(counts).every((count) => count === 0)).toBe(true)
    }
  })

  it.each([
    ['after the merge', { merged_at: '2026-01-01T00:00:22Z' }, WORKED.slice(0, 4)],
    ['on a later day', { merged_at: '2025-12-31' }, WORKED.slice(0, 4)],
    [
      'after it was done',
      { baseline_merge_commit: 'abc' },
      [...WORKED, ['approved'], ['done'], ['in_progress'], ['for_review']],
    ],
    ['out of done', { baseline_merge_commit: 'abc' }, [['for_review', { from_lane: 'done' }]]],
  ] as const)('waits although it is merged if a package was taken up again %s', async (_, meta, steps) => {
    const project = emptyProject()
    writeWays(project, 'm', meta, [done, way('WP02', 20, ...steps)])
    const opened = openProject(project)
    expect(await opened.missions()).toMatchObject({ missions: [{ state: 'waiting', waiting_count: 1 }] })
    expect(await opened.now()).toMatchObject({ counts: { waiting: 1 } })
  })

  it.each([
    ['approved', way('WP01', 10, ...WORKED, ['approved'])],
    ['in work', way('WP01', 10, ...WORKED.slice(0, 3))],
    ['for review', way('WP01', 10, ...WORKED.slice(0, 4))],
    ['planned', way('WP01', 10, ['planned'])],
    ['not finalised', ''],
  ])('is discarded with a package that is %s, and nothing of it is left to do', async (_, log) => {
    const project = emptyProject()
    writeWays(project, 'm', { discarded_at: '2026-01-02T00:00:00+00:00', discarded_by: 'ada' }, [log])
    const opened = openProject(project)
    const { missions } = await opened.missions()
    expect(missions).toMatchObject([
      {
        state: 'discarded',
        section: 'finished',
        state_words: 'discarded',
        waiting_count: 0,
        stalled_count: 0,
      },
    ])
    expect(await opened.mission('m')).toMatchObject({ next_command: null })
    const { counts } = await opened.now()
    expect(Object.values(counts).every((count) => count === 0)).toBe(true)
  })

  it.each(['merged_at', 'discarded_at'])(
    'may be over if its %s is no time, so no merge is advised',
    async (name) => {
      const project = emptyProject()
      writeWays(project, 'm', { [name]: 'soon' }, [done, approved])
      const mission = await openProject(project).mission('m')
      const problems = [{ path: 'kitty-specs/m/meta.json', what: `its ${name} is not a time` }]
      expect(mission).toMatchObject({ state: 'approved', next_command: null, problems, unreadable: problems })
      writeWays(project, 'm', { [name]: null }, [done, approved])
      expect(await openProject(project).mission('m')).toMatchObject({ state: 'approved', unreadable: [] })
    },
  )

  it('counts lanes, and names its agents and its next command', async () => {
    const project = emptyProject()
    const claim = { policy_metadata: { agent: 'crane' } }
    writeWays(
      project,
      'm',
      {},
      [way('WP01', 1, ['planned'], ['claimed', claim]), way('WP02', 5, ['planned'])],
      'agent: ada\n',
    )
    const { missions } = await openProject(project).missions()
    expect(missions).toMatchObject([
      { lanes: { planned: 1, claimed: 1 }, agents: ['ada', 'crane'], merge_commit: null },
    ])
    writeMission(project, 'm', { 'tasks/WP03.md': prompt('WP03', 'Three') })
    expect(await openProject(project).mission('m')).toMatchObject({
      next_command: 'spec-kitty agent mission finalize-tasks --mission m',
    })
  })
})
