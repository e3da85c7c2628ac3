import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, prompt, removeProjects, writeMission } from '../helpers/projects.js'

/** What logs say that older versions of the tool wrote, or made out of the front matter of still older projects. */

afterEach(removeProjects)

async function packagesOf(log: string, prompts: Readonly<Record<string, string>> = {}) {
  const project = emptyProject()
  writeMission(project, 'm', { ...prompts, 'status.events.jsonl': log })
  const opened = openProject(project)
  const mission = await opened.mission('m')
  if (mission === null) throw new Error('no mission')
  return { ...mission, now: await opened.now() }
}

/** The log of a package that went through these lanes, each named as the one before in the next event. */
function way(...steps: readonly (readonly [lane: string, fields?: object])[]): string {
  return steps
    .map(([lane, fields], at) =>
      laneEvent(at, 'WP01', lane, { from_lane: steps[at - 1]?.[0] ?? 'genesis', ...fields }),
    )
    .join('')
}

describe('an event whose time is', () => {
  it.each([
    ['a date', '2026-02-03', '2026-02-03T00:00:00.000Z'],
    ['to the minute', '2026-02-03T04:05Z', '2026-02-03T04:05:00.000Z'],
    ['to the minute, and not of UTC', '2026-02-03 04:05+02:00', '2026-02-03T02:05:00.000Z'],
  ])('%s moves its package', async (_, at, updated_at) => {
    const log = laneEvent(1, 'WP01', 'done', { at })
    const { work_packages: packages, problems, ...mission } = await packagesOf(log)
    expect(packages).toMatchObject([{ lane: 'done', updated_at, lane_since: updated_at }])
    expect(mission).toMatchObject({ updated_at, updated_from: 'event' })
    expect(problems).toEqual([])
  })

  it('a date is before the other events of that day', async () => {
    const log = laneEvent(1, 'WP01', 'planned', { at: '2026-02-03' })
    const { work_packages: packages } = await packagesOf(
      laneEvent(0, 'WP01', 'done', { at: '2026-02-03T00:00:01Z' }) + log,
    )
    expect(packages).toMatchObject([{ lane: 'done' }])
  })
})

describe('a lane change that names its package as older versions did', () => {
  const older = (fields: object) =>
    laneEvent(2, 'WP01', 'doing', { wp_id: undefined, feature_slug: 'm', mission_slug: undefined, ...fields })

  it('counts', async () => {
    const log = laneEvent(1, 'WP01', 'planned') + older({ work_package_id: 'WP01' })
    const { work_packages: packages, problems } = await packagesOf(log)
    expect(packages).toMatchObject([{ id: 'WP01', lane: 'in_progress' }])
    expect(problems).toEqual([])
  })

  it.each([null, 7, ' '])('is a problem if that is no name, and leaves all lanes open: %j', async (name) => {
    const log = laneEvent(1, 'WP01', 'for_review') + older({ work_package_id: name })
    const { work_packages: packages, problems } = await packagesOf(log)
    expect(packages).toMatchObject([{ id: 'WP01', lane: 'for_review', next_command: null }])
    expect(problems).toMatchObject([{ what: 'line 2 has a wp_id that is not a name' }])
  })

  it('is known also if it cannot be read', async () => {
    const cut = older({ work_package_id: 'WP02' }).slice(0, -2)
    const log = laneEvent(1, 'WP01', 'for_review') + cut + '\n'
    const { work_packages: packages } = await packagesOf(log)
    expect(packages[0]?.next_command).not.toBeNull()
  })
})

describe('a reviewer who began by moving the package to in_progress', () => {
  const began = [
    ['in_progress'],
    ['for_review'],
    ['in_progress', { review_ref: 'action-review-claim', actor: 'heron', force: true }],
  ] as const

  it.each(['action-review-claim', 'workflow-review-claim'])('has not sent it back, with %s', async (ref) => {
    const { work_packages: packages, now } = await packagesOf(
      way(['in_progress'], ['for_review'], ['in_progress', { review_ref: ref }]),
    )
    expect(packages).toMatchObject([{ lane: 'in_progress', column: 'doing', sent_back: 0 }])
    expect(packages[0]?.history.map(({ is_sent_back }) => is_sent_back)).toEqual([false, false, false])
    expect(now).toMatchObject({ waiting: [], working: [{ id: 'WP01' }] })
  })

  it('sends it back from there', async () => {
    const { work_packages: packages, now } = await packagesOf(
      way(...began, ['planned', { reason: 'no tests', review_ref: 'review-cycle://m/WP01/1.md' }]),
    )
    expect(packages).toMatchObject([
      { lane: 'planned', sent_back: 1, history: [{}, {}, {}, { is_sent_back: true }] },
    ])
    expect(now.waiting).toMatchObject([{ id: 'WP01', why: 'sent_back', reason: 'no tests' }])
  })

  it('approves it from there', async () => {
    const { work_packages: packages } = await packagesOf(way(...began, ['for_review'], ['approved']))
    expect(packages).toMatchObject([{ lane: 'approved', sent_back: 0 }])
  })

  it('is forgotten with the next move', async () => {
    const { work_packages: packages } = await packagesOf(
      way(...began, ['for_review'], ['in_progress'], ['planned', { reason: 'paused' }]),
    )
    expect(packages).toMatchObject([{ sent_back: 1, history: [{}, {}, {}, {}, { is_sent_back: true }, {}] }])
    expect(packages[0]?.history.at(-1)).toMatchObject({ is_sent_back: false })
  })
})

describe('a reviewer who had begun in the front matter only', () => {
  const SYNC = { reason: 'sync from frontmatter lane in_progress before move-task transition', force: true }

  it('has not sent the package back when the log catches up', async () => {
    const { work_packages: packages } = await packagesOf(
      way(['in_progress'], ['for_review'], ['in_progress', SYNC], ['for_review'], ['done']),
    )
    expect(packages).toMatchObject([{ lane: 'done', sent_back: 0 }])
  })

  it('sends it back from there', async () => {
    const back = { reason: 'no tests', review_ref: 'feedback://m/WP01/1.md' }
    const { work_packages: packages, now } = await packagesOf(
      way(['in_progress'], ['for_review'], ['in_progress', SYNC], ['planned', back]),
    )
    expect(packages).toMatchObject([
      { lane: 'planned', sent_back: 1, history: [{}, {}, { is_sent_back: false }, { is_sent_back: true }] },
    ])
    expect(now.waiting).toMatchObject([{ id: 'WP01', why: 'sent_back' }])
  })

  it.each([
    ['and it waits for its review', [], 'for_review', 1],
    ['and a reviewer begins', [['in_progress', { review_ref: 'workflow-review-claim' }]], 'in_progress', 1],
    ['and a review approves it later', [['approved', { at: '2026-01-01T01:00:00Z' }]], 'approved', 1],
    ['and the same happens again', [['in_progress', SYNC], ['for_review']], 'for_review', 2],
    ['and then a reviewer approves it', [['in_progress', SYNC], ['for_review'], ['done']], 'done', 1],
    [
      'and then a reviewer sends it back',
      [
        ['in_progress', SYNC],
        ['planned', { review_ref: 'feedback://m/1.md' }],
      ],
      'planned',
      2,
    ],
  ] as const)(
    'was none if the command that let the log catch up gave the package to a review again, %s',
    async (_, steps, lane, sent_back) => {
      const log = way(['in_progress'], ['for_review'], ['in_progress', SYNC], ['for_review'], ...steps)
      const { work_packages: packages } = await packagesOf(log)
      expect(packages).toMatchObject([{ lane, sent_back }])
      expect(packages[0]?.history[2]).toMatchObject({ to: 'in_progress', is_sent_back: true })
    },
  )

  it.each([
    [
      'says that it sent the package back',
      ['planned', { ...SYNC, reason: 'sync from frontmatter lane planned before move-task transition' }],
    ],
    ['refers to the text of a review', ['in_progress', { ...SYNC, review_ref: 'review-cycle://m/1.md' }]],
  ] as const)('sends it back where the front matter %s', async (_, step) => {
    const log = way(['in_progress'], ['for_review'], step)
    expect((await packagesOf(log)).work_packages).toMatchObject([{ sent_back: 1 }])
  })

  it.each([
    ['without these words', 'for_review', { reason: 'no tests', force: true }, 1],
    ['before a review', 'planned', SYNC, 0],
  ])('is another one %s', async (_, from, fields, sent_back) => {
    const log = way([from], ['in_progress', fields], ['planned', { reason: 'paused' }])
    expect((await packagesOf(log)).work_packages).toMatchObject([{ sent_back }])
  })
})

describe('a package that goes from in_progress back to planned', () => {
  const back = (cycle: number) => ['planned', { review_ref: `review-cycle://m/WP01/${cycle}.md` }] as const

  it('with the words of a review was sent back, also if the log does not say that a review began', async () => {
    const log = way(
      ['in_progress'],
      ['for_review'],
      ['approved'],
      ['in_progress'],
      back(1),
      ['in_progress'],
      back(2),
    )
    expect((await packagesOf(log)).work_packages).toMatchObject([{ lane: 'planned', sent_back: 2 }])
  })

  it('without them was not', async () => {
    const log = way(['in_progress'], ['planned', { reason: 'paused' }])
    expect((await packagesOf(log)).work_packages).toMatchObject([{ sent_back: 0 }])
  })
})

describe('a package that was approved', () => {
  it.each([
    ['by a review', { review_ref: 'review-cycle://m/WP01/2.md' }, 1],
    ['by someone else', { reason: 'a new idea' }, 0],
  ])('and goes back %s', async (_, fields, sent_back) => {
    const log = way(['in_review'], ['approved'], ['in_progress', fields])
    expect((await packagesOf(log)).work_packages).toMatchObject([{ sent_back }])
  })
})

describe('a review that ends without a verdict', () => {
  const verdict = { review_result: { verdict: 'changes_requested', reviewer: 'heron', reference: 'r' } }

  it('has none, whatever the one before said', async () => {
    const first = way(['in_review'], ['planned', verdict], ['in_review'], ['approved', { force: true }])
    expect((await packagesOf(first)).work_packages).toMatchObject([{ lane: 'approved', review_result: null }])
  })

  it.each([
    ['for_review', 'planned', {}],
    ['for_review', 'in_progress', {}],
    ['in_progress', 'planned', { review_ref: 'review-cycle://m/WP01/2.md' }],
    ['approved', 'planned', { review_ref: 'review-cycle://m/WP01/2.md' }],
  ])('has none either where it goes from %s back to %s', async (from, to, fields) => {
    const approved = { review_result: { verdict: 'approved', reviewer: 'heron', reference: 'r' } }
    const log = way(['in_review'], ['approved', approved], ['in_progress'], [from], [to, fields])
    expect((await packagesOf(log)).work_packages).toMatchObject([{ review_result: null }])
  })

  it.each([
    ['the next review', [['in_progress'], ['for_review']]],
    ['a reviewer who begins', [['for_review'], ['in_progress', { review_ref: 'action-review-claim' }]]],
    ['who takes it up with what the review said', [['in_progress', { review_ref: 'review-cycle://m/1.md' }]]],
    ['one who opens it again', [['approved', { from_lane: 'approved' }], ['planned']]],
  ] as const)('is not %s', async (_, steps) => {
    const log = way(['in_review'], ['planned', verdict], ...steps)
    expect((await packagesOf(log)).work_packages).toMatchObject([{ review_result: { reviewer: 'heron' } }])
  })
})

describe('a reviewer whom the tool did not know', () => {
  it.each(['unknown', '__AGENT__'])('has no name in the log: %s', async (reviewer) => {
    const review = { reviewer, verdict: 'approved', reference: 'r' }
    const log = way(['for_review'], ['done', { evidence: { review } }])
    expect((await packagesOf(log)).work_packages).toMatchObject([
      { review_result: { ...review, reviewer: null } },
    ])
  })

  it('has no name in the front matter', async () => {
    const said = 'reviewed_by: "unknown"\nreview_status: "approved"\n'
    const { work_packages: packages } = await packagesOf(way(['done']), {
      'tasks/WP01.md': prompt('WP01', 'One', said),
    })
    expect(packages).toMatchObject([{ front_matter_review: { status: 'approved', by: null } }])
  })
})

describe('an actor that the repair of a log made into a text', () => {
  it('stands in the history as before', async () => {
    const repaired = {
      actor: 'unknown',
      policy_metadata: { migration_original_actor: { tool: 'heron', model: 'unknown' } },
    }
    const { work_packages: packages } = await packagesOf(way(['for_review'], ['in_review', repaired]))
    expect(packages).toMatchObject([{ history: [{}, { by: 'heron' }] }])
  })
})

describe('a package that is merged', () => {
  const says = (reviewer: string) => ({ reviewer, verdict: 'approved', reference: `by ${reviewer}` })
  const merged = { actor: 'merge', evidence: { review: says('tool') } }

  it('keeps the reviewer who approved it: who merges it only repeats the verdict', async () => {
    const log = way(['in_review'], ['approved', { review_result: says('heron') }], ['done', merged])
    expect((await packagesOf(log)).work_packages).toMatchObject([{ review_result: says('heron') }])
    const again = way(['in_review'], ['approved', { evidence: { review: says('crane') } }], ['done', merged])
    expect((await packagesOf(again)).work_packages).toMatchObject([{ review_result: says('crane') }])
    const forced = way(['in_review'], ['approved'], ['done', merged])
    expect((await packagesOf(forced)).work_packages).toMatchObject([{ review_result: null }])
  })

  it('has the verdict that is repeated if no review says one, and that of a later review', async () => {
    const log = way(['planned'], ['approved'], ['done', merged])
    expect((await packagesOf(log)).work_packages).toMatchObject([{ review_result: says('tool') }])
    const late = way(['planned'], ['approved'], ['done', { ...merged, review_result: says('heron') }])
    expect((await packagesOf(late)).work_packages).toMatchObject([{ review_result: says('heron') }])
  })
})

describe('an agent with model, profile and role in one text', () => {
  const ALL = 'badger:large-1:reviewer-x:reviewer'
  it.each([
    ['in the log', { policy_metadata: { agent: ALL } }, '', ['large-1', 'reviewer-x', 'reviewer']],
    ['in the prompt', {}, `agent: "${ALL}"\n`, ['large-1', 'reviewer-x', 'reviewer']],
    [
      'with parts left out',
      {},
      'agent: "badger::reviewer-x"\nmodel: small-1\n',
      ['small-1', 'reviewer-x', null],
    ],
    [
      'against what was planned',
      {},
      `agent: "${ALL}"\nmodel: small-1\nrole: implementer\n`,
      ['large-1', 'reviewer-x', 'reviewer'],
    ],
  ])('%s says them all', async (_, fields, more, [model, profile, role]) => {
    const { work_packages: packages } = await packagesOf(laneEvent(1, 'WP01', 'claimed', fields), {
      'tasks/WP01.md': prompt('WP01', 'One', more),
    })
    expect(packages).toMatchObject([{ model, profile, role }])
    expect(packages[0]?.agent).toMatch(/^badger:/)
  })

  it('counts less than what an annotation says of them', async () => {
    const delta = { model: '__resolved_model_absent__', role: 'implementer' }
    const note = { kind: 'annotation', event_id: '02', at: '2026-01-02T00:00:00Z', wp_id: 'WP01', delta }
    const { work_packages: packages } = await packagesOf(
      `${laneEvent(1, 'WP01', 'claimed', { policy_metadata: { agent: ALL } })}${JSON.stringify(note)}\n`,
    )
    expect(packages).toMatchObject([{ agent: ALL, model: null, profile: 'reviewer-x', role: 'implementer' }])
  })
})

describe('a package whose prompt is gone', () => {
  const born = (payload: unknown): string =>
    `${JSON.stringify({ event_type: 'WPCreated', event_id: '01', timestamp: '2026-01-01T00:00:00Z', payload })}\n`

  it('has the title and the dependencies with which the log says it was created', async () => {
    const payload = { wp_id: 'WP02', wp_title: 'The form', depends_on: ['WP01', 7, ''] }
    const { work_packages: packages, problems } = await packagesOf(
      born(payload) + laneEvent(1, 'WP01', 'claimed') + laneEvent(2, 'WP02', 'planned'),
    )
    expect(packages).toMatchObject([
      { id: 'WP01', title: 'WP01', dependencies: [] },
      { id: 'WP02', title: 'The form', dependencies: ['WP01'], waiting_for: ['WP01'], document: null },
    ])
    expect(problems).toEqual([])
  })

  it.each([null, [], { wp_id: 7 }, { wp_id: 'WP01' }, { wp_id: 'WP01', wp_title: 7, depends_on: 'WP02' }])(
    'has its id as title, for %j',
    async (payload) => {
      const { work_packages: packages } = await packagesOf(born(payload) + laneEvent(1, 'WP01', 'claimed'))
      expect(packages).toMatchObject([{ title: 'WP01', dependencies: [] }])
    },
  )

  it('is on no board before the log moves it', async () => {
    expect((await packagesOf(born({ wp_id: 'WP01', wp_title: 'One' }))).work_packages).toEqual([])
  })

  it('is told by its prompt as long as that is there', async () => {
    const { work_packages: packages } = await packagesOf(
      born({ wp_id: 'WP01', wp_title: 'Then', depends_on: ['WP02'] }) + laneEvent(1, 'WP01', 'planned'),
      { 'tasks/WP01.md': prompt('WP01', 'Now') },
    )
    expect(packages).toMatchObject([{ title: 'Now', dependencies: [] }])
  })
})

describe('a folder of missions', () => {
  it('is a problem, and no mission', async () => {
    const project = emptyProject()
    writeMission(project, 'm', { 'spec.md': '# M\n' })
    writeMission(project, '_done/001-start', { 'tasks/WP01.md': prompt('WP01', 'One') })
    writeMission(project, '_done/002-go-on', { 'spec.md': '' })
    writeMission(project, 'archive/003-end', { 'status.events.jsonl': laneEvent(1, 'WP01', 'done') })
    const { missions, problems } = await openProject(project).missions()
    expect(missions.map(({ id }) => id)).toEqual(['m'])
    expect(problems).toEqual([
      { path: 'kitty-specs/_done', what: 'is a folder with 2 missions in it, which the page does not show' },
      { path: 'kitty-specs/archive', what: 'is a folder with a mission in it, which the page does not show' },
    ])
    expect((await openProject(project).now()).counts.working).toBe(0)
  })

  it.each([
    ['empty', {}],
    ['only with a folder of tasks', { 'tasks/notes.txt': 'x' }],
    ['with a mission in it, and a specification', { 'spec.md': '# M\n', 'n/spec.md': '# N\n' }],
    ['only with other folders', { 'pictures/a.png': 'x' }],
  ])('is none that is %s', async (_, files) => {
    const project = emptyProject()
    writeMission(project, 'm', files)
    const { missions, problems } = await openProject(project).missions()
    expect(missions.map(({ id }) => id)).toEqual(['m'])
    expect(problems).toEqual([])
  })

  it('becomes a mission when it gets a specification', async () => {
    const project = emptyProject()
    const opened = openProject(project)
    writeMission(project, 'm/n', { 'spec.md': '# N\n' })
    expect((await opened.missions()).missions).toEqual([])
    writeMission(project, 'm', { 'spec.md': '# M\n' })
    expect((await opened.missions()).missions).toMatchObject([{ id: 'm' }])
  })
})
