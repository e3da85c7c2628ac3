import { describe, expect, it } from 'vitest'
import type { FlowDay, MissionSummary, WorkPackage } from '../../src/dashboard/api.js'
import {
  choosePackages,
  describeMoves,
  formOf,
  groupPackages,
  peopleOf,
} from '../../src/dashboard/ui/board.js'
import { burnUp, countIn, describeCycles, medianCycle, spanOf } from '../../src/dashboard/ui/flow.js'
import { layGraph } from '../../src/dashboard/ui/graph.js'
import { agentsOf, describeWaiting, sectionsOf } from '../../src/dashboard/ui/mission-list.js'
import { languageOf, tokens } from '../../src/dashboard/ui/markdown/highlight.js'
import { WHOLE_BOARD, WHOLE_LIST } from '../../src/dashboard/ui/url-route.js'

function mission(id: string, more: Partial<MissionSummary> = {}): MissionSummary {
  return {
    id,
    title: `Title of ${id}`,
    progress: 0.5,
    counts: { planned: 1, doing: 0, for_review: 0, approved: 0, done: 0 },
    not_finalised: 0,
    unknown_lanes: 0,
    unread_lanes: 0,
    unreadable: [],
    updated_at: null,
    updated_from: null,
    problem_count: 0,
    purpose: null,
    section: 'active',
    state: 'planned',
    state_words: 'planned',
    merge_commit: null,
    merged_at: null,
    discarded_at: null,
    lanes: { planned: 1 },
    agents: [],
    waiting_count: 0,
    stalled_count: 0,
    decision_count: 0,
    lanes_in_doubt: 0,
    ...more,
  }
}

function workPackage(id: string, more: Partial<WorkPackage> = {}): WorkPackage {
  return {
    id,
    title: `Title of ${id}`,
    lane: 'planned',
    is_lane_unread: false,
    lane_doubt: null,
    not_ready_because: null,
    reason: null,
    last_event_at: null,
    lane_source: 'events',
    column: 'planned',
    worktree: null,
    dependencies: [],
    subtasks: [],
    subtask_states: [],
    agent: null,
    assignee: null,
    phase: null,
    model: null,
    role: null,
    profile: null,
    notes: [],
    review: null,
    review_result: null,
    front_matter_review: null,
    document: null,
    updated_at: null,
    lane_since: null,
    history: [],
    history_omitted: 0,
    sent_back: 0,
    is_ready: false,
    waiting_for: [],
    subtasks_done: 0,
    subtasks_total: 0,
    next_command: null,
    process: null,
    ...more,
  }
}

describe('the list', () => {
  it('says what the missions that wait for the reader wait for', () => {
    const states = (...all: readonly MissionSummary['state'][]) => all.map((state) => ({ state }))
    expect(describeWaiting(states('approved', 'waiting', 'approved'))).toBe('1 with work for you, 2 to merge')
    expect(describeWaiting(states('approved'))).toBe('1 to merge')
    expect(describeWaiting(states('waiting', 'waiting'))).toBe('')
  })

  const missions = [
    mission('m10', { section: 'finished', progress: 1 }),
    mission('m2', { section: 'waiting', lanes: { blocked: 1 }, agents: ['crane'], purpose: 'Speed' }),
    mission('m1', { progress: 0.9, agents: ['badger', 'crane'] }),
    mission('m3', { section: 'of the future' as 'active', progress: null }),
  ]
  const shown = (choice: Partial<typeof WHOLE_LIST>) =>
    sectionsOf(missions, { ...WHOLE_LIST, ...choice }).map(({ name, missions: found }) => [
      name,
      ...found.map(({ id }) => id),
    ])

  it('has sections, and leaves no mission out', () => {
    expect(shown({})).toEqual([
      ['Active', 'm1', 'm3'],
      ['Waiting for you', 'm2'],
      ['Finished', 'm10'],
    ])
  })

  it.each([
    [{ text: 'M2 title' }, [['Waiting for you', 'm2']]],
    [{ text: 'speed' }, [['Waiting for you', 'm2']]],
    [{ lane: 'blocked' }, [['Waiting for you', 'm2']]],
    [{ lane: 'constructor' }, []],
    [{ agent: 'badger' }, [['Active', 'm1']]],
    [{ text: 'no such' }, []],
  ] as const)('shows what %j chooses', (choice, expected) => expect(shown(choice)).toEqual(expected))

  it('names an agent shortly, and finds it by its whole name too', () => {
    const long = [mission('m1', { agents: ['badger:large-1:implementer', 'badger', 'crane'] })]
    expect(agentsOf(long)).toEqual(['badger', 'crane'])
    for (const agent of ['badger', 'badger:large-1:implementer'])
      expect(sectionsOf(long, { ...WHOLE_LIST, agent })).toHaveLength(1)
    expect(sectionsOf(long, { ...WHOLE_LIST, agent: 'bad' })).toEqual([])
  })

  it('sorts within its sections', () => {
    expect(shown({ sort: 'progress' })[0]).toEqual(['Active', 'm1', 'm3'])
    expect(sectionsOf(missions.toReversed(), { ...WHOLE_LIST, sort: 'title' })[0]?.missions[0]?.id).toBe('m1')
    expect(agentsOf(missions)).toEqual(['badger', 'crane'])
  })
})

describe('the board', () => {
  const packages = [
    workPackage('WP01', { phase: 'Build', agent: 'crane' }),
    workPackage('WP02', { phase: 'Aim', assignee: 'maria' }),
    workPackage('WP03'),
  ]

  it('is a list for a finished mission, unless the reader chooses', () => {
    expect(formOf(WHOLE_BOARD, { section: 'finished' })).toBe('list')
    expect(formOf(WHOLE_BOARD, { section: 'waiting' })).toBe('columns')
    expect(formOf({ ...WHOLE_BOARD, as: 'graph' }, { section: 'finished' })).toBe('graph')
    expect(formOf({ ...WHOLE_BOARD, as: 'nonsense' }, { section: 'active' })).toBe('columns')
  })

  it.each([
    ['phase', ['Aim', 'Build', 'No phase']],
    ['agent', ['crane', 'maria', 'No agent']],
    ['', [null]],
    ['constructor', [null]],
  ])('groups by %j', (by, names) => {
    const groups = groupPackages(packages, by)
    expect(groups.map(({ name }) => name)).toEqual(names)
    expect(groups.flatMap((group) => group.packages)).toHaveLength(packages.length)
  })

  it('groups and chooses agents by their short names', () => {
    const roles = [
      workPackage('WP01', { agent: 'badger:large-1:implementer' }),
      workPackage('WP02', { agent: 'badger:large-2:reviewer' }),
      workPackage('WP03', { assignee: 'badger' }),
    ]
    expect(groupPackages(roles, 'agent').map(({ name }) => name)).toEqual(['badger'])
    expect(peopleOf(roles)).toEqual(['badger'])
    const ids = (agent: string) => choosePackages(roles, { ...WHOLE_BOARD, agent }).map(({ id }) => id)
    expect(ids('badger')).toEqual(['WP01', 'WP02', 'WP03'])
    expect(ids('badger:large-2:reviewer')).toEqual(['WP02'])
  })

  it('shows the packages with the words and the agent', () => {
    const ids = (choice: Partial<typeof WHOLE_BOARD>) =>
      choosePackages(packages, { ...WHOLE_BOARD, ...choice }).map(({ id }) => id)
    expect(ids({ text: 'wp title' })).toEqual(['WP01', 'WP02', 'WP03'])
    expect(ids({ text: 'aim' })).toEqual(['WP02'])
    expect(ids({ agent: 'maria' })).toEqual(['WP02'])
  })

  it('says what moved', () => {
    const after = packages.map((one) => (one.id === 'WP03' ? one : { ...one, lane: 'done' }))
    expect(describeMoves(packages, after, (lane) => `<${lane}>`)).toBe(
      'WP01 Title of WP01 is now <done>. 1 more have moved.',
    )
    expect(describeMoves(packages, packages, String)).toBe('The mission has changed.')
  })
})

describe('the graph', () => {
  const need = (id: string, ...dependencies: string[]) => ({ id, dependencies })
  const columnsOf = (packages: readonly ReturnType<typeof need>[]) =>
    Object.fromEntries(layGraph(packages).places.map(({ id, column }) => [id, column]))

  it('draws everything to the right of what it needs', () => {
    expect(columnsOf([need('c', 'a', 'b'), need('b', 'a'), need('a'), need('d')])).toEqual({
      a: 0,
      b: 1,
      c: 2,
      d: 0,
    })
  })

  it('draws circles, and leaves out what is not there', () => {
    const { places, arrows } = layGraph([need('a', 'b'), need('b', 'a', 'gone', 'b')])
    expect(places).toHaveLength(2)
    expect(arrows.map(({ from, to }) => `${from.id}>${to.id}`)).toEqual(['b>a', 'a>b'])
    expect(layGraph([])).toEqual({ places: [], arrows: [], columns: 0, rows: 0 })
  })

  it('puts those that need nothing and are not needed below the others, side by side', () => {
    const alone = Array.from({ length: 6 }, (_, at) => need(`p${at}`))
    const { places, columns, rows } = layGraph([need('a'), ...alone, need('b', 'a')])
    const at = (id: string) => places.find((place) => place.id === id)
    expect([columns, rows]).toEqual([4, 3])
    expect([at('a'), at('b')]).toMatchObject([
      { column: 0, row: 0 },
      { column: 1, row: 0 },
    ])
    expect(alone.map(({ id }) => [at(id)?.column, at(id)?.row])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
      [0, 2],
      [1, 2],
    ])
  })

  it('gives no two packages one place', () => {
    const packages = Array.from({ length: 40 }, (_, at) => need(`p${at}`, `p${at - 3}`, `p${at - 7}`))
    const { places } = layGraph(packages)
    expect(new Set(places.map(({ column, row }) => `${column} ${row}`)).size).toBe(40)
  })
})

describe('the flow', () => {
  const cycle = (seconds: number | null) => ({
    id: 'WP01',
    started_at: null,
    finished_at: null,
    cycle_seconds: seconds,
    sent_back: 0,
  })

  const day = (date: string, planned: number, done: number, canceled = 0): FlowDay => ({
    date,
    planned,
    doing: 0,
    for_review: 0,
    approved: 0,
    done,
    canceled,
    total: planned + done,
  })

  it('stacks the columns of each day, with a day as it ended until the next', () => {
    const { areas, top } = burnUp([day('2026-01-01', 4, 0), day('2026-01-03', 1, 3)], 300, 100)
    expect(top).toBe(4)
    expect(areas.find(({ column }) => column === 'done')?.points).toBe(
      '0,100 200,100 200,25 300,25 300,100 200,100 200,100 0,100',
    )
    expect(areas.find(({ column }) => column === 'planned')?.points).toContain('200,0 200,0 300,0')
  })

  it('stacks what is canceled on top of what is left, and not as done', () => {
    const { areas } = burnUp([day('2026-01-01', 1, 3, 2)], 100, 100)
    expect(areas.find(({ column }) => column === 'done')?.points).toBe('0,75 100,75 100,100 0,100')
    expect(areas.find(({ column }) => column === 'canceled')?.points).toBe('0,0 100,0 100,50 0,50')
    expect(countIn(day('2026-01-01', 1, 3, 2), 'done')).toBe(1)
  })

  it('has a median', () => {
    expect(medianCycle([30, null, 10, 20].map(cycle))).toBe(20)
    expect(medianCycle([10, 20].map(cycle))).toBe(15)
    expect(medianCycle([cycle(null)])).toBeNull()
  })

  it('says which packages have no cycle time, and why', () => {
    const flow = (id: string, started_at: string | null, seconds: number | null = null) => ({
      ...cycle(seconds),
      id,
      started_at,
    })
    const time = '2026-01-01T00:00:00Z'
    const packages = [
      workPackage('WP01'),
      workPackage('WP02', { lane: 'blocked' }),
      workPackage('WP03', { lane: 'approved', column: 'approved' }),
      workPackage('WP04', { lane: 'for_review', column: 'for_review' }),
      workPackage('WP05', { lane: 'canceled', column: 'done' }),
      workPackage('WP06', { lane: 'in_progress', column: 'doing' }),
    ]
    const flows = packages.map(({ id }) => flow(id, id === 'WP06' ? time : null))
    const rest = ' 2 came further without Doing, and have no cycle time. 2 not started. 1 canceled.'
    expect(describeCycles(flows, packages)).toBe(`From Doing to Approved: no cycle time is known yet.${rest}`)
    const one = workPackage('WP07', { lane: 'done', column: 'done' })
    expect(describeCycles([...flows, flow('WP07', time, 60)], [...packages, one])).toBe(
      `From Doing to Approved: half of 1 work package took 1 min or less.${rest}`,
    )
    const doubt = { lane: 'in_progress', column: 'doing', lane_doubt: 'line 3 is 2 h in the future' } as const
    expect(describeCycles([flow('WP08', null)], [workPackage('WP08', doubt)])).toBe(
      'From Doing to Approved: no cycle time is known yet. 1 in doubt.',
    )
  })

  it('counts how long a package has taken so far, unless it is over', () => {
    const now = Date.parse('2026-01-02T00:00:00Z')
    const open = { ...cycle(null), started_at: '2026-01-01T00:00:00Z' }
    expect(spanOf(open, now)).toEqual({ seconds: 86_400, isOpen: true })
    expect(spanOf(open, null)).toBeNull()
    expect(spanOf(cycle(null), now)).toBeNull()
    expect(spanOf({ ...open, finished_at: '2026-01-01T01:00:00Z', cycle_seconds: 3600 }, now)).toEqual({
      seconds: 3600,
      isOpen: false,
    })
    expect(spanOf({ ...open, started_at: '2026-01-03T00:00:00Z' }, now)).toBeNull()
  })
})

describe('code', () => {
  it.each([
    [
      'json',
      '{"a": "b", "n": 1.5, "t": true}',
      'name "a" string "b" name "n" number 1.5 name "t" keyword true',
    ],
    ['yaml', 'a: 1 # note\nb-c: "x # y"', 'name a number 1 comment # note name b-c string "x # y"'],
    ['ts', 'const a = `x` // end', 'keyword const string `x` comment // end'],
    ['Python', 'def f(): return None', 'keyword def keyword return keyword None'],
    ['sh', 'if true; then echo "$#"; fi', 'keyword if keyword then string "$#" keyword fi'],
  ])('in %s has its parts coloured', (language, code, expected) => {
    const parts = tokens(code, language)
    const coloured = parts.filter(({ kind }) => kind !== 'plain')
    expect(coloured.map(({ kind, text }) => `${kind} ${text.trim()}`).join(' ')).toBe(expected)
    expect(parts.map(({ text }) => text).join('')).toBe(code)
  })

  it.each(['', 'constructor', 'brainfuck'])('of the unknown language %j is left alone', (language) => {
    expect(tokens('const a', language)).toEqual([{ kind: 'plain', text: 'const a' }])
  })

  it.each(['"', "'", '`', '/*', '#', '"\\', 'a:', '/', '0', '-', '- ', '" ', '//', 'a.'])(
    'of many %j is read in one go',
    (part) => {
      const code = part.repeat(Math.floor(90_000 / part.length))
      for (const language of ['ts', 'yaml', 'json'])
        expect(
          tokens(code, language)
            .map(({ text }) => text)
            .join(''),
        ).toBe(code)
    },
  )

  it('has the language that its file says', () => expect(languageOf('contracts/a.b.yaml')).toBe('yaml'))
})
