import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, prompt, removeProjects, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

/** An annotation of second `at` of the year. */
function annotation(at: number, delta: unknown, fields: object = {}): string {
  const event = {
    actor: 'ada',
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString(),
    event_id: `01NOTE${String(at).padStart(6, '0')}`,
    kind: 'annotation',
    wp_id: 'WP01',
    delta,
    ...fields,
  }
  return `${JSON.stringify(event)}\n`
}

const FRONT_MATTER =
  'agent: planned-agent\nassignee: grace\nmodel: old-model\nrole: implementer\nagent_profile: old-profile\nsubtasks: [T001, T002]\n'

async function packageAfter(...lines: readonly string[]) {
  const project = emptyProject()
  writeMission(project, 'm', {
    'tasks/WP01.md': prompt('WP01', 'One', FRONT_MATTER),
    'status.events.jsonl': [laneEvent(1, 'WP01', 'claimed'), ...lines].join(''),
  })
  const mission = await openProject(project).mission('m')
  const [workPackage] = mission?.work_packages ?? []
  if (workPackage === undefined) throw new Error('no package')
  return { ...workPackage, problems: mission?.problems.map(({ what }) => what) }
}

describe('what an annotation says', () => {
  it('counts more than the front matter, field by field', async () => {
    expect(await packageAfter()).toMatchObject({
      agent: 'planned-agent',
      assignee: 'grace',
      model: 'old-model',
      role: 'implementer',
      profile: 'old-profile',
      subtask_states: [],
      notes: [],
      review: null,
      review_result: null,
    })
    expect(
      await packageAfter(
        annotation(2, { agent: 'robin', model: 'large', role: 'reviewer', agent_profile: 'renata' }),
      ),
    ).toMatchObject({
      agent: 'robin',
      assignee: 'grace',
      model: 'large',
      role: 'reviewer',
      profile: 'renata',
      problems: [],
    })
  })

  it.each([
    ['the later one', [annotation(2, { agent: 'a' }), annotation(3, { agent: 'b' })], 'b'],
    [
      'the later one, wherever it stands',
      [annotation(3, { agent: 'b' }), annotation(2, { agent: 'a' })],
      'b',
    ],
    [
      'the one with the larger id at the same time',
      [annotation(2, { agent: 'b' }, { event_id: 'z' }), annotation(2, { agent: 'a' }, { event_id: 'y' })],
      'b',
    ],
    ['the one that says it', [annotation(2, { agent: 'a' }), annotation(3, { role: 'x' })], 'a'],
    ['that there is none', [annotation(2, { agent: 'a' }), annotation(3, { agent: null })], null],
    ['that none was found', [annotation(2, { agent: '__resolved_agent_absent__' })], null],
    [
      'nothing after a release',
      [annotation(2, { agent: 'a' }), annotation(3, { release_runtime_claim: true })],
      null,
    ],
    [
      'who takes over with the release',
      [annotation(2, { agent: 'a' }), annotation(3, { release_runtime_claim: true, agent: 'b' })],
      'b',
    ],
    [
      'that there is none, by an empty text',
      [annotation(2, { agent: 'a' }), annotation(3, { agent: ' ' })],
      null,
    ],
    [
      'the tool where it is written as an actor',
      [annotation(2, { agent: { tool: 'a', model: 'large', profile: null, role: 'reviewer' } })],
      'a',
    ],
    [
      'who claims it after a release',
      [
        annotation(2, { agent: 'a' }),
        annotation(3, { release_runtime_claim: true }),
        laneEvent(4, 'WP01', 'claimed', { policy_metadata: { agent: 'b' } }),
      ],
      'b',
    ],
    [
      'who claims it later, also without a release',
      [annotation(2, { agent: 'a' }), laneEvent(4, 'WP01', 'claimed', { policy_metadata: { agent: 'b' } })],
      'b',
    ],
    [
      'who came after a release that stands later',
      [annotation(4, { agent: 'b' }), annotation(3, { release_runtime_claim: true })],
      'b',
    ],
  ] as const)('of several: %s', async (_, lines, agent) => {
    expect(await packageAfter(...lines)).toMatchObject({ agent, problems: [] })
  })

  it('is nothing if the text is empty, and the front matter does not count for it', async () => {
    const empty = { assignee: '', model: '', role: ' ', agent_profile: '' }
    expect(await packageAfter(annotation(2, empty))).toMatchObject({
      agent: 'planned-agent',
      assignee: null,
      model: null,
      role: null,
      profile: null,
    })
  })

  it('of one event_id is the first, and the other one is a problem', async () => {
    const { agent, problems } = await packageAfter(
      annotation(2, { agent: 'a' }),
      annotation(2, { agent: 'b' }),
    )
    expect([agent, problems]).toEqual(['a', [expect.stringContaining('has the event_id of another event')]])
  })

  it('of subtasks is merged for each', async () => {
    const { subtasks, subtask_states: states } = await packageAfter(
      annotation(2, { subtasks: { T001: 'in_progress', T009: 'done' } }),
      annotation(4, { subtasks: { T002: 'pending' } }),
      annotation(3, { subtasks: { T001: 'done' } }),
    )
    expect(subtasks).toEqual(['T001', 'T002'])
    expect(states).toEqual([
      { id: 'T001', state: 'done' },
      { id: 'T009', state: 'done' },
      { id: 'T002', state: 'pending' },
    ])
  })

  it('of subtasks is the same however their ids and that they are done are written', async () => {
    const one = await packageAfter(
      annotation(2, { subtasks: { t001: 'Done', T002: 'completed', T009: 'in_progress' } }),
      annotation(3, { subtasks: { t002: ' COMPLETE ', t009: 'DONE' } }),
    )
    expect(one).toMatchObject({ subtasks: ['T001', 'T002'], subtasks_done: 3, subtasks_total: 3 })
    expect(one.subtask_states).toEqual([
      { id: 'T001', state: 'done' },
      { id: 'T002', state: 'done' },
      { id: 't009', state: 'done' },
    ])
  })

  it('of notes and reviews is kept, the last twenty notes', async () => {
    const lines = Array.from({ length: 25 }, (_, at) => annotation(10 + at, { note: `note ${at}` }))
    const {
      notes,
      review,
      review_result: result,
    } = await packageAfter(
      ...lines.toReversed(),
      annotation(40, { review: { actor: 'renata', at: '2026-01-02T00:00:00+00:00', reason: 'tests miss' } }),
      annotation(41, {
        review_result: { verdict: 'approved', reviewer: 'renata', reference: 'reviews/1.md' },
      }),
      annotation(42, { note: 'x' }, { actor: { tool: 'robin', model: null, role: 'reviewer' } }),
    )
    expect(notes).toHaveLength(20)
    expect(notes[0]).toEqual({ at: '2026-01-01T00:00:16.000Z', by: 'ada', text: 'note 6' })
    expect(notes.at(-1)).toMatchObject({ by: 'robin', text: 'x' })
    expect(review).toEqual({ by: 'renata', at: '2026-01-02T00:00:00.000Z', reason: 'tests miss' })
    expect(result).toEqual({ verdict: 'approved', reviewer: 'renata', reference: 'reviews/1.md' })
  })

  it.each([
    [annotation(2, { agent: 7 }), 'line 2 has agent that is not text'],
    [annotation(2, { subtasks: ['T001'] }), 'line 2 has subtasks that are not objects'],
    [annotation(2, { subtasks: { T001: true } }), 'line 2 has a subtask whose state is not text'],
    [annotation(2, { note: {} }), 'line 2 has note that is not text'],
    [annotation(2, { review: 'good' }), 'line 2 has a review that is not an object'],
    [annotation(2, { review_result: {} }), 'line 2 has a review_result without a verdict'],
    [annotation(2, 'x'), 'line 2 is an annotation without a delta'],
    [annotation(2, {}, { wp_id: 5 }), 'line 2 has a wp_id that is not a name'],
    [annotation(2, {}, { at: 'soon' }), 'line 2 does not say when'],
    [annotation(2, {}, { event_id: null }), 'line 2 has no event_id'],
  ])('that is not known is a problem: %s', async (line, problem) => {
    expect(await packageAfter(line)).toMatchObject({
      agent: 'planned-agent',
      subtask_states: [],
      notes: [],
      review: null,
      problems: [problem],
    })
  })

  it('of a package that is nowhere else makes no package', async () => {
    const project = emptyProject()
    writeMission(project, 'm', { 'status.events.jsonl': annotation(2, { agent: 'a' }, { wp_id: 'WP07' }) })
    expect(await openProject(project).mission('m')).toMatchObject({ work_packages: [], problems: [] })
  })

  it('never becomes a property of the language', async () => {
    const { subtask_states: states } = await packageAfter(
      annotation(
        2,
        JSON.parse('{"__proto__": {"agent": "evil"}, "subtasks": {"__proto__": "done", "constructor": "x"}}'),
      ),
    )
    expect(states.map(({ id }) => id)).toEqual(['__proto__', 'constructor'])
    expect(({} as { agent?: unknown }).agent).toBeUndefined()
  })
})

describe('an agent that is written as an actor', () => {
  it('brings its model, profile and role along, unless they are said beside it', async () => {
    const agent = { tool: 'otter', model: 'large', profile: 'careful', role: 'reviewer' }
    expect(await packageAfter(annotation(2, { agent, role: 'implementer' }))).toMatchObject({
      agent: 'otter',
      model: 'large',
      profile: 'careful',
      role: 'implementer',
      problems: [],
    })
    const claim = { policy_metadata: { agent: { tool: 'heron' } }, actor: { tool: null, role: 'reviewer' } }
    const { agent: claimed, history } = await packageAfter(laneEvent(2, 'WP01', 'claimed', claim))
    expect([claimed, history.at(-1)?.by]).toEqual(['heron', 'reviewer'])
  })

  it('is the last one that is named, by an annotation or by a claim', async () => {
    const claim = (at: number) => laneEvent(at, 'WP01', 'claimed', { policy_metadata: { agent: 'heron' } })
    const reviewer = (at: number) => annotation(at, { agent: 'renata', role: 'reviewer' })
    expect(await packageAfter(reviewer(2), claim(3))).toMatchObject({ agent: 'heron' })
    expect(await packageAfter(claim(3), reviewer(2))).toMatchObject({ agent: 'heron' })
    expect(await packageAfter(claim(2), reviewer(3))).toMatchObject({ agent: 'renata' })
    const silent = laneEvent(3, 'WP01', 'for_review', { policy_metadata: { gate: 'skipped', agent: '' } })
    expect(await packageAfter(reviewer(2), silent)).toMatchObject({ agent: 'renata' })
  })

  it('is what an orchestrator says of who works for it, unless it names the agent too', async () => {
    const by = (policy_metadata: object) => laneEvent(2, 'WP01', 'claimed', { policy_metadata })
    const family = { agent_family: 'otter', orchestrator_id: 'otter-cli', approval_mode: 'supervised' }
    expect(await packageAfter(by(family))).toMatchObject({ agent: 'otter', problems: [] })
    expect(await packageAfter(by({ ...family, agent: 'heron' }))).toMatchObject({ agent: 'heron' })
    expect(await packageAfter(by({ ...family, agent_family: 7 }))).toMatchObject({ agent: 'planned-agent' })
  })

  it.each([0, '0'])('gives the package up by an empty name and the pid %j', async (shell_pid) => {
    const named = annotation(2, { agent: 'renata' })
    expect(await packageAfter(named, annotation(3, { agent: '', shell_pid }))).toMatchObject({ agent: null })
    expect(await packageAfter(named, annotation(3, { agent: '' }))).toMatchObject({ agent: null })
    expect(await packageAfter(named, annotation(3, { shell_pid }))).toMatchObject({ agent: 'renata' })
  })

  it('can take its review back by an empty one', async () => {
    const { review } = await packageAfter(
      annotation(2, { review: { actor: 'ada', at: '2026-01-02T00:00:00Z', reason: 'no' } }),
      annotation(3, { review: { actor: '', at: '', wp_id: '', reason: '' } }),
    )
    expect(review).toBeNull()
  })
})

describe('the role of an agent', () => {
  const named = (at: number, agent: string, role: string) =>
    annotation(at, { agent, role, model: `of-${role}` })
  const claim = (at: number, agent: string) =>
    laneEvent(at, 'WP01', 'in_progress', { from_lane: 'planned', policy_metadata: { agent } })
  const review = (at: number) => laneEvent(at, 'WP01', 'in_review', { from_lane: 'for_review' })
  const back = (at: number) => laneEvent(at, 'WP01', 'planned', { from_lane: 'in_review' })

  // The front matter says them of another agent.
  const none = { role: null, model: null }

  it.each([
    ['of another agent', [named(10, 'renata', 'reviewer'), claim(12, 'heron')], 'heron', none],
    [
      'of the same agent before its review sent it back',
      [review(9), named(10, 'heron', 'reviewer'), back(11), claim(12, 'heron')],
      'heron',
      none,
    ],
    [
      'of a reviewer who is not named, where who implements it was named before',
      [named(2, 'heron', 'implementer'), review(9), annotation(10, { role: 'reviewer' }), back(11)],
      'heron',
      { role: 'implementer', model: 'of-implementer' },
    ],
    [
      'of who gave it up',
      [named(10, 'renata', 'reviewer'), annotation(11, { release_runtime_claim: true })],
      null,
      none,
    ],
  ] as const)('is not that %s', async (_, lines, agent, said) => {
    expect(await packageAfter(...lines)).toMatchObject({ agent, ...said })
  })

  it.each([
    ['with it', [named(10, 'heron', 'reviewer')]],
    ['after it', [annotation(10, { agent: 'heron' }), annotation(11, { role: 'reviewer' })]],
    ['before the same agent is named again', [named(10, 'heron', 'reviewer'), claim(12, 'heron:large')]],
    ['in the review', [review(9), named(10, 'heron', 'reviewer'), back(11)]],
    ['where no agent was ever named', [annotation(10, { role: 'reviewer' })]],
  ] as const)('is the one that is said %s', async (_, lines) => {
    expect(await packageAfter(...lines)).toMatchObject({ role: 'reviewer' })
  })
})

describe('the review in the front matter', () => {
  const STATED = 'review_status: "has_feedback"\nreviewed_by: "eve"\n'
  const after = async (more: string, ...lines: readonly string[]) => {
    const project = emptyProject()
    writeMission(project, 'm', {
      'tasks/WP01.md': prompt('WP01', 'One', more),
      'status.events.jsonl': [laneEvent(1, 'WP01', 'claimed'), ...lines].join(''),
    })
    const mission = await openProject(project).mission('m')
    return mission?.work_packages[0]?.front_matter_review
  }

  it('is told where the log has none', async () => {
    expect(await after(STATED)).toEqual({ status: 'has_feedback', by: 'eve' })
    expect(await after('reviewed_by: eve\n')).toEqual({ status: null, by: 'eve' })
    expect(await after('review_status: ""\nreviewed_by: ""\n')).toBeNull()
  })

  it('does not count where the log has one', async () => {
    expect(await after(STATED, annotation(2, { review: { actor: 'ada', reason: 'no' } }))).toBeNull()
    expect(await after(STATED, laneEvent(2, 'WP01', 'in_review', { from_lane: 'for_review' }))).toBeNull()
  })
})

describe('what someone wrote', () => {
  it.each(['unknown', 'Unknown', '__none__', '__resolved_model_absent__'])(
    'is no placeholder, as the name of an agent is: %s',
    async (text) => {
      const before = { verdict: 'changes_requested', reviewer: 'heron', reference: 'r' }
      const said = { verdict: text, reviewer: 'heron', reference: text }
      expect(
        await packageAfter(
          annotation(2, { review_result: before }),
          annotation(3, { review_result: said, note: text, review: { actor: 'ada', reason: text } }),
        ),
      ).toMatchObject({
        review_result: said,
        notes: [{ by: 'ada', text }],
        review: { by: 'ada', reason: text },
        problems: [],
      })
      const moved = laneEvent(3, 'WP01', 'planned', { from_lane: 'in_review', review_result: said })
      const { review_result: result, history } = await packageAfter(
        annotation(2, { review_result: before }),
        moved,
      )
      expect([result, history.at(-1)?.verdict]).toEqual([said, text])
    },
  )

  it.each(['unknown', '__AGENT__', { tool: 'unknown' }])(
    'is of nobody if the tool did not know who it was: %j',
    async (actor) => {
      const review = { actor, at: '2026-01-02T00:00:00Z', reason: 'no tests' }
      const result = { verdict: 'approved', reviewer: actor, reference: 'r' }
      expect(
        await packageAfter(annotation(2, { note: 'seen', review, review_result: result }, { actor })),
      ).toMatchObject({
        notes: [{ by: null, text: 'seen' }],
        review: { by: null, reason: 'no tests' },
        review_result: { reviewer: null },
        problems: [],
      })
    },
  )
})

describe('the verdict of a review', () => {
  it('is that of the last lane change or annotation that says one', async () => {
    const review = { reviewer: 'heron', verdict: 'changes_requested', reference: 'reviews/1.md' }
    const { review_result: first } = await packageAfter(
      laneEvent(2, 'WP01', 'planned', { from_lane: 'in_review', review_result: review }),
      laneEvent(3, 'WP01', 'claimed', { review_result: null, evidence: null }),
    )
    expect(first).toEqual(review)
    const { review_result: last } = await packageAfter(
      annotation(2, { review_result: review }),
      laneEvent(4, 'WP01', 'approved', { evidence: { review: { ...review, verdict: 'approved' } } }),
    )
    expect(last).toEqual({ ...review, verdict: 'approved' })
  })
})
