import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, prompt, removeProjects, writeMission } from '../helpers/projects.js'

/** Who works on a package, with which model, in which role and profile, if several sources say something about it. */

afterEach(removeProjects)

async function agentOf(frontMatter: string, ...lines: readonly string[]) {
  const project = emptyProject()
  writeMission(project, 'm', {
    'tasks/WP01.md': prompt('WP01', 'One', frontMatter),
    'status.events.jsonl': lines.join(''),
  })
  const mission = await openProject(project).mission('m')
  expect(mission?.problems).toEqual([])
  const { agent, model, role, profile } = mission?.work_packages[0] ?? {}
  return [agent, model, role, profile]
}

function note(at: number, delta: object, fields: object = {}): string {
  const instant = new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString()
  const event = { kind: 'annotation', event_id: `01NOTE${at}`, at: instant, wp_id: 'WP01', actor: 'x', delta }
  return `${JSON.stringify({ ...event, ...fields })}\n`
}

const named = (agent: unknown) => ({ policy_metadata: { agent } })
const move = (at: number, from_lane: string, lane: string, fields: object = {}) =>
  laneEvent(at, 'WP01', lane, { from_lane, actor: 'user', ...fields })

const IMPLEMENTER = { model: 'large', role: 'implementer', agent_profile: 'careful' }
const REVIEWER = { model: 'small', role: 'reviewer', agent_profile: 'strict' }

/** Otter implemented the package. */
const WORKED = [
  move(1, 'planned', 'claimed', named('otter')),
  note(2, IMPLEMENTER),
  move(3, 'in_progress', 'for_review'),
]
const FRONT_MATTER = 'agent: otter\nmodel: planned-1\nrole: implementer\nagent_profile: planned-profile\n'

describe('what the log says without an agent', () => {
  const reviewed = [...WORKED, move(4, 'for_review', 'in_review', { actor: 'heron' })]

  it('during a review is about the actor who began it', async () => {
    expect(await agentOf('', ...reviewed, note(5, REVIEWER))).toEqual([
      'heron',
      'small',
      'reviewer',
      'strict',
    ])
    const own = [...WORKED, move(4, 'for_review', 'in_review', { actor: 'otter' })]
    expect(await agentOf('', ...own, note(5, REVIEWER))).toEqual(['otter', 'small', 'reviewer', 'strict'])
  })

  it('in a review does not replace what it said about who implemented the package', async () => {
    const over = [...reviewed, note(5, REVIEWER), move(6, 'in_review', 'approved')]
    expect(await agentOf('', ...over)).toEqual(['otter', 'large', 'implementer', 'careful'])
  })

  it('before a review sent the package back into work is not about who resumes it', async () => {
    const back = [...reviewed, note(5, { agent: 'heron', ...REVIEWER }), move(6, 'in_review', 'in_progress')]
    expect(await agentOf('', ...back)).toEqual(['heron', null, null, null])
    const planned = [...reviewed, note(5, { agent: 'heron', ...REVIEWER }), move(6, 'in_review', 'planned')]
    expect(await agentOf('', ...planned)).toEqual(['heron', 'small', 'reviewer', 'strict'])
    const text = move(4, 'for_review', 'in_review', named('heron:small:strict:reviewer'))
    const resumed = move(5, 'in_review', 'in_progress')
    expect(await agentOf('', ...WORKED, text, resumed)).toEqual(['heron', null, null, null])
    const again = move(6, 'in_progress', 'in_progress', named('otter:large:careful:implementer'))
    expect((await agentOf('', ...WORKED, text, resumed, again))[0]).toBe('otter:large:careful:implementer')
  })
})

describe('the front matter', () => {
  const AS_MAP = 'agent:\n  tool: otter\n  model: large\n  profile: careful\n  role: implementer\n'
  const AS_TEXT = 'agent: "otter:large:careful:implementer"\n'

  it.each([AS_MAP, AS_TEXT])('says the same of an agent in one text and in a map: %j', async (agent) => {
    const parts = ['large', 'implementer', 'careful']
    const claimed = move(1, 'planned', 'claimed', named('otter'))
    expect(await agentOf(agent, claimed)).toEqual(['otter', ...parts])
    expect(await agentOf(`${agent}model: ""\n`, claimed)).toEqual(['otter', ...parts])
    expect(await agentOf(`${agent}model: small\nrole: reviewer\n`, claimed)).toEqual(['otter', ...parts])
    expect((await agentOf(`${agent}model: small\n`, move(1, 'genesis', 'planned'))).slice(1)).toEqual(parts)
    const other = move(1, 'planned', 'claimed', named('heron'))
    expect(await agentOf(agent, other)).toEqual(['heron', null, null, null])
  })

  it('has no value where a placeholder stands', async () => {
    const absent = (name: string) => `${name}: __resolved_${name}_absent__\n`
    const names = ['agent', 'model', 'role', 'agent_profile'].map((name) => absent(name)).join('')
    expect(await agentOf(names, move(1, 'planned', 'claimed'))).toEqual([null, null, null, null])
    const more = `agent:\n  tool: otter\n  model: __resolved_model_absent__\nmodel: small\n`
    expect(await agentOf(more, move(1, 'planned', 'claimed'))).toEqual(['otter', 'small', null, null])
  })

  it.each(['__AGENT__', 'unknown', 'Unknown', 'system', 'user', 'merge'])(
    'names no agent if it says %s',
    async (agent) => {
      const claimed = move(1, 'planned', 'claimed', { actor: 'otter' })
      expect((await agentOf(`agent: "${agent}"\n`, move(1, 'planned', 'claimed')))[0]).toBe(null)
      expect((await agentOf(`agent: "${agent}"\n`, claimed))[0]).toBe('otter')
    },
  )

  it('may say the model of an agent that it does not name', async () => {
    const claimed = move(1, 'planned', 'claimed', { actor: 'otter' })
    const own = await agentOf('agent:\n  tool: system\n  model: large\n', claimed)
    expect(own.slice(0, 2)).toEqual(['otter', 'large'])
  })

  it('says nothing about another agent than its own', async () => {
    const claimed = move(1, 'planned', 'claimed', named('heron'))
    expect(await agentOf(FRONT_MATTER, claimed)).toEqual(['heron', null, null, null])
    const own = ['otter', 'planned-1', 'implementer', 'planned-profile']
    expect(await agentOf(FRONT_MATTER.replace('otter', 'Heron'), claimed)).toEqual(['heron', ...own.slice(1)])
    expect(await agentOf(FRONT_MATTER.replace('otter', '""'), claimed)).toEqual(['heron', ...own.slice(1)])
    expect(await agentOf(FRONT_MATTER, move(1, 'planned', 'claimed', named('otter')))).toEqual(own)
  })

  it('does not say in which role an agent reviews', async () => {
    const lines = [move(3, 'in_progress', 'for_review'), move(4, 'for_review', 'in_review', named('otter'))]
    expect(await agentOf(FRONT_MATTER, ...lines)).toEqual(['otter', 'planned-1', null, 'planned-profile'])
    expect(await agentOf(FRONT_MATTER.replace('otter', '""'), ...lines)).toEqual(['otter', null, null, null])
  })
})

describe('an actor with its model, profile and role', () => {
  const AS_OBJECT = { tool: 'heron', model: 'small', profile: 'strict', role: 'reviewer' }
  const begin = (fields: object) => [...WORKED, move(4, 'for_review', 'in_review', fields)]

  it('says them of the review that it begins, as an object or as a text', async () => {
    const said = ['small', 'reviewer', 'strict']
    expect(await agentOf('', ...begin({ actor: AS_OBJECT }))).toEqual(['heron', ...said])
    const text = 'heron:small:strict:reviewer'
    expect(await agentOf('', ...begin({ actor: text }))).toEqual([text, ...said])
    expect(await agentOf('', ...begin({ actor: { ...AS_OBJECT, model: null } }))).toEqual([
      'heron',
      null,
      'reviewer',
      'strict',
    ])
  })

  it('says them of the claim that names the same agent', async () => {
    expect(await agentOf('', ...begin({ actor: AS_OBJECT, ...named('heron') }))).toEqual([
      'heron',
      'small',
      'reviewer',
      'strict',
    ])
    expect(await agentOf('', ...begin({ actor: AS_OBJECT, ...named('crane') }))).toEqual([
      'crane',
      null,
      null,
      null,
    ])
  })

  it('counts less than what the claim itself says', async () => {
    expect(await agentOf('', ...begin({ actor: AS_OBJECT, ...named('heron:huge') }))).toEqual([
      'heron:huge',
      'huge',
      'reviewer',
      'strict',
    ])
    const claim = named({ tool: 'heron', model: 'huge', role: null })
    expect(await agentOf('', ...begin(claim))).toEqual(['heron', 'huge', null, null])
  })
})

describe('the parts of an agent', () => {
  it('stay when the same tool is named again without them', async () => {
    const claimed = move(1, 'planned', 'claimed', named('otter:large:careful:implementer'))
    expect(await agentOf('', claimed, note(2, { agent: 'otter' }))).toEqual([
      'otter',
      'large',
      'implementer',
      'careful',
    ])
    expect(await agentOf('', claimed, note(2, { agent: 'heron' }))).toEqual(['heron', null, null, null])
  })
})

describe('an actor that the repair of a log made into a text', () => {
  const original = { tool: 'heron', model: 'small', profile: 'strict', role: 'reviewer' }
  const repaired = (more: object = {}) => ({
    actor: 'reviewer',
    policy_metadata: { migration_original_actor: original, ...more },
  })

  it('is the one from before', async () => {
    const lines = [...WORKED, move(4, 'for_review', 'in_review', repaired())]
    expect(await agentOf('', ...lines)).toEqual(['heron', 'small', 'reviewer', 'strict'])
    const claim = [...WORKED, move(4, 'for_review', 'in_review', repaired({ agent: 'heron' }))]
    expect(await agentOf('', ...claim)).toEqual(['heron', 'small', 'reviewer', 'strict'])
  })

  it.each([null, 'heron', {}, { tool: '' }])(
    'is the text if the one from before has no name: %j',
    async (said) => {
      const policy_metadata = { migration_original_actor: said }
      const claimed = move(1, 'planned', 'claimed', { actor: 'otter', policy_metadata })
      expect((await agentOf('', claimed))[0]).toBe('otter')
    },
  )

  it('has no model, profile and role that were not known', async () => {
    const unknown = { tool: 'heron', model: 'unknown', profile: 'unknown', role: 'unknown' }
    const fields = { actor: 'unknown', policy_metadata: { migration_original_actor: unknown } }
    expect(await agentOf('', move(1, 'planned', 'claimed', fields))).toEqual(['heron', null, null, null])
  })
})

describe('a placeholder in an annotation', () => {
  const ABSENT = { model: '__resolved_model_absent__', agent_profile: '__resolved_profile_absent__' }
  const begun = [...WORKED, move(4, 'for_review', 'in_review', { actor: 'heron:small:strict:reviewer' })]
  const all = ['small', 'reviewer', 'strict']

  it('does not count where the text of the agent has the value', async () => {
    const agent = 'heron:small:strict:reviewer'
    expect(await agentOf('', ...begun, note(5, { agent, ...ABSENT, role: 'reviewer' }))).toEqual([
      agent,
      ...all,
    ])
    const actor = { tool: 'heron', model: 'small', profile: 'strict', role: 'reviewer' }
    const lines = [...begun, note(5, { ...ABSENT, role: 'reviewer' }, { actor })]
    expect((await agentOf('', ...lines)).slice(1)).toEqual(all)
  })

  const NOTHING = { ...ABSENT, role: '__resolved_role_absent__' }
  const by = (actor: unknown, delta: object = {}) =>
    note(5, { note: 'seen', ...NOTHING, ...delta }, { actor })
  const CODEX = 'codex:huge:x:reviewer'

  it.each([CODEX, { tool: 'codex', model: 'huge', profile: 'x', role: 'reviewer' }])(
    'is not filled with what another tool than the agent says of itself: %j',
    async (actor) => {
      const none = [null, null, null]
      expect(await agentOf('', note(2, { agent: 'claude' }), by(actor))).toEqual(['claude', ...none])
      expect(await agentOf('', by(actor), note(2, { agent: 'claude' }))).toEqual(['claude', ...none])
      const claimed = move(1, 'planned', 'claimed', named('otter'))
      expect(await agentOf('', claimed, by(actor))).toEqual(['otter', ...none])
      expect(await agentOf('agent: otter\n', by(actor), move(1, 'planned', 'claimed'))).toEqual([
        'otter',
        ...none,
      ])
      const release = note(4, { release_runtime_claim: true })
      expect(await agentOf('', claimed, release, by(actor))).toEqual([null, ...none])
    },
  )

  it.each([CODEX, { tool: 'Codex', model: 'huge', profile: 'x', role: 'reviewer' }])(
    'is filled with what the agent says of itself, wherever it is named: %j',
    async (actor) => {
      const said = ['huge', 'reviewer', 'x']
      expect(await agentOf('', note(2, { agent: 'codex' }), by(actor))).toEqual(['codex', ...said])
      expect(await agentOf('agent: codex\n', by(actor), move(1, 'planned', 'claimed'))).toEqual([
        'codex',
        ...said,
      ])
      const claim = move(1, 'planned', 'claimed', { actor: 'codex' })
      expect(await agentOf('', claim, by(actor))).toEqual(['codex', ...said])
    },
  )

  it.each([null, '', '__AGENT__', 'unknown'])('is not filled if no agent is left: %j', async (agent) => {
    const claimed = move(1, 'planned', 'claimed', named('codex'))
    expect(await agentOf('', claimed, by(CODEX, { agent }))).toEqual([null, null, null, null])
  })

  it('says that there is none where nothing else says it', async () => {
    const other = note(5, { agent: 'heron', ...ABSENT, role: 'reviewer' })
    expect((await agentOf('', ...begun, other)).slice(1)).toEqual([null, 'reviewer', null])
    const empty = note(5, { agent: 'heron:small:strict:reviewer', model: '', agent_profile: null })
    expect((await agentOf('', ...begun, empty)).slice(1)).toEqual([null, 'reviewer', null])
  })
})

describe('an actor that is not an agent', () => {
  it.each([
    'user',
    'unknown',
    'system',
    'implement-command',
    'finalize-tasks',
    'migration',
    'migration:2.0.0',
    'merge',
    'spec-kitty agent action review',
    '__AGENT__',
    '__resolved_agent_absent__',
    { tool: 'user', role: 'reviewer' },
  ])('is not the one who reviews: %j', async (actor) => {
    const lines = [...WORKED, move(4, 'for_review', 'in_review', { actor })]
    expect(await agentOf('', ...lines)).toEqual(['otter', 'large', 'implementer', 'careful'])
    expect((await agentOf('agent: badger\n', move(1, 'planned', 'in_review', { actor })))[0]).toBe('badger')
    expect((await agentOf('', move(1, 'planned', 'claimed', { actor })))[0]).toBe(null)
  })
})

describe('a claim in the name of the tool', () => {
  it.each(['implement-command', 'user', 'system', { tool: 'implement-command' }])(
    'names no agent: %j',
    async (agent) => {
      const claimed = move(1, 'planned', 'claimed', { actor: 'implement-command', ...named(agent) })
      expect((await agentOf('', claimed))[0]).toBe(null)
      expect(await agentOf(FRONT_MATTER, claimed)).toEqual([
        'otter',
        'planned-1',
        'implementer',
        'planned-profile',
      ])
      const by = move(1, 'planned', 'claimed', { actor: 'heron', ...named(agent) })
      expect((await agentOf('', by))[0]).toBe('heron')
    },
  )
})

describe('a package that nothing but its claim assigns', () => {
  const actor = { tool: 'otter', model: 'large', profile: 'careful', role: 'implementer' }
  const claimed = [move(1, 'planned', 'claimed', { actor }), move(2, 'claimed', 'in_progress')]
  const all = ['otter', 'large', 'implementer', 'careful']

  it('has its actor as agent', async () => {
    expect(await agentOf('', ...claimed)).toEqual(all)
    const text = 'otter:large:careful:implementer'
    expect(await agentOf('', move(1, 'planned', 'in_progress', { actor: text }))).toEqual([
      text,
      ...all.slice(1),
    ])
  })

  it('keeps it in the review, whose actor is not who implemented it', async () => {
    const reviewed = [
      move(3, 'in_progress', 'for_review'),
      move(4, 'for_review', 'in_review', { actor: 'heron' }),
    ]
    expect(await agentOf('', ...claimed, ...reviewed)).toEqual(['heron', null, null, null])
    const over = [...claimed, ...reviewed, note(5, REVIEWER)]
    expect(await agentOf('', ...over, move(6, 'in_review', 'approved', { actor: 'heron' }))).toEqual(all)
    expect((await agentOf('', ...over, move(6, 'in_review', 'in_progress', { actor: 'heron' })))[0]).toBe(
      'otter',
    )
    const old = move(4, 'for_review', 'in_progress', { actor: 'heron', review_ref: 'action-review-claim' })
    const back = move(5, 'in_progress', 'planned', { actor: 'heron' })
    expect((await agentOf('', ...claimed, old, back))[0]).toBe('otter')
  })

  it('has the agent of the front matter first', async () => {
    expect(await agentOf('agent: badger\nmodel: m\n', ...claimed)).toEqual(['badger', 'm', null, null])
  })

  it('has it also after a release, but not before one', async () => {
    const release = (at: number) => note(at, { release_runtime_claim: true })
    const again = move(6, 'planned', 'claimed', { actor: 'heron' })
    expect((await agentOf('', ...WORKED, release(5), again))[0]).toBe('heron')
    expect(await agentOf('', ...claimed, release(5))).toEqual([null, null, null, null])
  })
})

describe('events of the same time', () => {
  it('count in the order of their ids, also a release and a review', async () => {
    const at = { at: '2026-01-01T00:00:09Z' }
    const release = (event_id: string) => note(9, { release_runtime_claim: true }, { ...at, event_id })
    const review = move(9, 'for_review', 'in_review', { ...at, actor: 'heron', event_id: 'B' })
    expect((await agentOf('', ...WORKED, release('A'), review))[0]).toBe('heron')
    expect((await agentOf('', ...WORKED, release('C'), review))[0]).toBe(null)
  })
})
