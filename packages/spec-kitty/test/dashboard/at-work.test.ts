import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { startedAt, startProcess, type Started } from '../helpers/agents.js'
import { way, WORKED, writeWays, type Step } from '../helpers/lane-ways.js'
import { emptyProject, removeProjects } from '../helpers/projects.js'

afterEach(removeProjects)

/** Who is at work on a package now: what was known before it came into its lane says nothing about it. */

let shell: Started
let reviewer: Started
let dead: object

beforeEach(async () => {
  const ended = await startProcess('sleep', '600')
  dead = claim(ended)
  await ended.end()
  ;[shell, reviewer] = [await startProcess('sleep', '600'), await startProcess('sleep', '600')]
  return async () => {
    await shell.end()
    await reviewer.end()
  }
})

function claim({ pid }: Started): object {
  return { shell_pid: pid, shell_pid_created_at: String(startedAt(pid)) }
}

/** The time of each step of the way of a package, in seconds of the year. */
const secondOf = (step: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, 10 + step)).toISOString()

/** An annotation between a step of the way and the next one. */
function annotation(step: number, delta: object): string {
  const at = secondOf(step).replace('.000', '.500')
  return `${JSON.stringify({ actor: 'x', at, event_id: `N${step}`, kind: 'annotation', wp_id: 'WP01', delta })}\n`
}

async function nowAfter(steps: readonly Step[], ...annotations: readonly string[]) {
  const project = emptyProject()
  writeWays(project, 'm', {}, [way('WP01', 10, ...steps) + annotations.join('')])
  const read = await openProject(project).mission('m')
  const { waiting, working, stalled } = await openProject(project).now()
  return {
    waiting: waiting.map(({ why }) => why),
    counts: [waiting, working, stalled].map(({ length }) => length),
    package: read?.work_packages[0],
    process: read?.work_packages[0]?.process,
    problems: read?.problems.map(({ what }) => what),
  }
}

const back: Step = ['in_progress', { reason: 'tests fail' }]

describe('a package that a review sent back', () => {
  it('waits for you, though the shell of who implemented it is still open', async () => {
    const named = annotation(2, { agent: 'codex', ...claim(shell) })
    for (const steps of [
      [...WORKED, back],
      [...WORKED.slice(0, 4), back],
      [...WORKED, ['claimed', { reason: 'tests fail' }] as const],
      [...WORKED, ['approved'] as const, ['in_progress', { review_ref: 'r' }] as const],
    ])
      expect(await nowAfter(steps, named)).toMatchObject({
        waiting: ['sent_back'],
        process: { liveness: 'unknown', pid: null },
      })
  })

  it('waits for you, though its reviewer is still there, however the log named the reviewer', async () => {
    const by = (step: Step): Step => [step[0], { ...step[1], policy_metadata: claim(reviewer) }]
    const [planned, claimed, worked, handed, reviewed] = WORKED as readonly [Step, Step, Step, Step, Step]
    const before = [planned, claimed, worked, handed]
    const annotated = annotation(4, { agent: 'claude', role: 'reviewer', ...claim(reviewer) })
    const unknown = { waiting: ['sent_back'], process: { liveness: 'unknown', pid: null } }
    expect(await nowAfter([...before, by(reviewed), back])).toMatchObject(unknown)
    expect(await nowAfter([...before, reviewed, back], annotated)).toMatchObject(unknown)
    expect(await nowAfter([...before, reviewed, by(back)])).toMatchObject(unknown)
  })

  it('does not wait any more once someone takes it up again, and its end is seen', async () => {
    const again = annotation(5, { agent: 'codex', ...claim(shell) })
    expect(await nowAfter([...WORKED, back], again)).toMatchObject({
      waiting: [],
      process: { liveness: 'running', pid: shell.pid },
    })
    const taken: Step = ['in_progress', { policy_metadata: claim(shell) }]
    expect(await nowAfter([...WORKED, ['claimed'], taken])).toMatchObject({
      waiting: [],
      process: { liveness: 'running', pid: shell.pid },
    })
    await shell.end()
    expect(await nowAfter([...WORKED, back], again)).toMatchObject({ waiting: ['sent_back'] })
  })
})

describe('a process that the log names', () => {
  it('is at work from the claim of the package on, also once the package is in progress', async () => {
    const claimed: Step = ['claimed', { policy_metadata: claim(shell) }]
    const running = { process: { liveness: 'running', pid: shell.pid } }
    expect(await nowAfter([['planned'], claimed])).toMatchObject(running)
    expect(await nowAfter([['planned'], claimed, ['in_progress']])).toMatchObject(running)
    expect(await nowAfter([['planned'], claimed, ['in_progress'], ['in_progress']])).toMatchObject(running)
  })

  it.each([
    ['reopened after it was done', [['done'], ['in_progress', { force: true }]]],
    ['reopened after it was canceled', [['canceled'], ['in_progress', { force: true }]]],
    ['taken back from approved', [['approved'], ['in_progress', { force: true }]]],
    ['planned again', [['planned'], ['in_progress']]],
    ['in a lane that is not known', [['resting'], ['in_progress']]],
  ] as const)('is not at work on a package that was %s, alive or not', async (_, steps) => {
    for (const named of [claim(shell), dead]) {
      const now = await nowAfter([['planned'], ['in_progress'], ...steps], annotation(1, named))
      expect(now).toMatchObject({ counts: [0, 1, 0], process: { liveness: 'unknown', pid: null } })
    }
  })

  it.each([
    [{ shell_pid: -5, shell_pid_created_at: '1764300000.5' }, 'has shell_pid that is not a pid'],
    [{ shell_pid: '12x', shell_pid_created_at: '1764300000.5' }, 'has shell_pid that is not a pid'],
    [{ shell_pid: null, shell_pid_created_at: '1764300000.5' }, 'has shell_pid that is not a pid'],
    [{ shell_pid: null, shell_pid_created_at: null, agent: null }, 'has shell_pid that is not a pid'],
    [{ shell_pid: 1.5 }, 'has shell_pid that is not a pid'],
    [{ shell_pid: 0 }, 'has shell_pid that is not a pid'],
    [{ shell_pid: 1 }, 'has shell_pid that is not a pid'],
    [{ shell_pid: '1' }, 'has shell_pid that is not a pid'],
    [{ shell_pid: 4_194_304 }, 'has shell_pid that is not a pid'],
    [{ shell_pid: 1e20 }, 'has shell_pid that is not a pid'],
    [{ shell_pid: '99999999999' }, 'has shell_pid that is not a pid'],
    [{ shell_pid: ' 12' }, 'has shell_pid that is not a pid'],
    [{ shell_pid: '' }, 'has shell_pid that is not a pid'],
    [{ shell_pid: true, shell_pid_created_at: 'x' }, 'has shell_pid that is not a pid'],
    [{ shell_pid: [7] }, 'has shell_pid that is not a pid'],
    [{ shell_pid_created_at: '1764300000.5' }, 'has shell_pid_created_at without shell_pid'],
  ])('is not known any more once the log says %j', async (said, problem) => {
    const first = annotation(2, claim(shell))
    const unknown = { liveness: 'unknown', pid: null, started_at: null }
    const now = await nowAfter(WORKED.slice(0, 3), first, annotation(3, { agent: 'ada', ...said }))
    expect([now.process, now.problems]).toMatchObject([unknown, [`line 5 ${problem}`]])
    const claimed: Step = ['in_progress', { policy_metadata: said }]
    const moved = await nowAfter(
      [['planned'], ['claimed'], ['claimed'], claimed],
      annotation(1, claim(shell)),
    )
    expect([moved.process, moved.problems]).toMatchObject([unknown, [`line 4 ${problem}`]])
  })

  it('has the start time of its own event, and none of another one', async () => {
    const named = annotation(2, claim(shell))
    for (const said of [
      { shell_pid: shell.pid },
      { ...claim(shell), shell_pid_created_at: 'soon' },
      { ...claim(shell), shell_pid_created_at: 1_764_300_000_000 },
    ])
      expect(await nowAfter(WORKED.slice(0, 3), named, annotation(3, said))).toMatchObject({
        process: { liveness: 'unknown', pid: shell.pid, started_at: null },
        problems:
          'shell_pid_created_at' in said ? ['line 5 has shell_pid_created_at that is not a time'] : [],
      })
    const next = annotation(3, claim(reviewer))
    expect(await nowAfter(WORKED.slice(0, 3), next, named)).toMatchObject({
      process: { liveness: 'running', pid: reviewer.pid },
      problems: [],
    })
  })

  it('is given up by a release, which is no problem', async () => {
    for (const said of [{ release_runtime_claim: true }, { agent: '', shell_pid: 0 }])
      expect(
        await nowAfter(WORKED.slice(0, 3), annotation(2, claim(shell)), annotation(3, said)),
      ).toMatchObject({ process: { liveness: 'unknown', pid: null }, problems: [] })
  })

  it('is none if its number is that of a thread, whose start time is known too', async () => {
    const tasks = readdirSync(`/proc/${process.pid}/task`).map(Number)
    const thread = tasks.find((id) => id !== process.pid) ?? 0
    const said = claim({ ...shell, pid: thread })
    expect(await nowAfter(WORKED.slice(0, 3), annotation(2, said))).toMatchObject({
      process: { liveness: 'not_running_here', pid: thread },
      counts: [0, 0, 1],
    })
    const own = claim({ ...shell, pid: process.pid })
    expect(await nowAfter(WORKED.slice(0, 3), annotation(2, own))).toMatchObject({
      process: { liveness: 'running', pid: process.pid },
    })
  })

  it('is not the one of the next review', async () => {
    const steps = [...WORKED, ['for_review'], ['in_review']] as const
    expect(await nowAfter(steps, annotation(4, dead))).toMatchObject({
      waiting: [],
      process: { liveness: 'unknown', pid: null },
    })
    const takenOver = [...WORKED, ['in_review', { actor: 'heron' }]] as const
    expect(await nowAfter(takenOver, annotation(4, dead))).toMatchObject({ process: { pid: null } })
  })
})

describe('who reviews a package', () => {
  const codex = { agent: 'codex', model: 'large', role: 'implementer', agent_profile: 'careful' }
  const reviews = [
    ['in a lane of its own', [...WORKED.slice(0, 4), ['in_review', { actor: 'claude' }]]],
    [
      'as older versions began one',
      [...WORKED.slice(0, 4), ['in_progress', { actor: 'claude', review_ref: 'action-review-claim' }]],
    ],
    [
      'as an actor with its role',
      [...WORKED.slice(0, 4), ['in_review', { actor: { tool: 'claude', role: 'reviewer' } }]],
    ],
  ] as const

  it.each(reviews)('is who began the review, %s, and not who worked on it', async (how, steps) => {
    const role = how === 'as an actor with its role' ? 'reviewer' : null
    for (const process of [claim(shell), dead, {}]) {
      const now = await nowAfter(steps, annotation(2, { ...codex, ...process }))
      expect(now).toMatchObject({
        counts: [0, 1, 0],
        package: { agent: 'claude', model: null, profile: null, role },
        process: { liveness: 'unknown', pid: null },
      })
    }
  })

  it.each(reviews)('is whom the log names since, %s', async (_, steps) => {
    const worked = annotation(2, { ...codex, ...dead })
    const named = annotation(4, { agent: 'heron', role: 'reviewer', ...claim(reviewer) })
    expect(await nowAfter(steps, worked, named)).toMatchObject({
      counts: [0, 1, 0],
      package: { agent: 'heron', role: 'reviewer' },
      process: { liveness: 'running', pid: reviewer.pid },
    })
    const [last, fields] = steps.at(-1) ?? ['in_review']
    const claims = { agent: 'heron:small-1', ...claim(reviewer) }
    const moved: Step = [last, { ...fields, policy_metadata: claims }]
    expect(await nowAfter([...steps.slice(0, -1), moved], worked)).toMatchObject({
      package: { agent: 'heron:small-1' },
      process: { liveness: 'running', pid: reviewer.pid },
    })
    const released = annotation(4, { release_runtime_claim: true })
    expect(await nowAfter(steps, worked, released)).toMatchObject({ package: { agent: null } })
  })

  it('is not said of a package whose review is over, or was never begun', async () => {
    const worked = annotation(2, codex)
    const over = [...WORKED.slice(0, 4), ['in_review', { actor: 'claude' }], ['approved']] as const
    expect(await nowAfter(over, worked)).toMatchObject({ package: { agent: 'codex', role: 'implementer' } })
    const waits = [...WORKED.slice(0, 3), ['for_review', { actor: 'claude' }]] as const
    expect(await nowAfter(waits, worked)).toMatchObject({ package: { agent: 'codex' } })
    expect(await nowAfter([...WORKED.slice(0, 4), ['in_review', { actor: null }]], worked)).toMatchObject({
      package: { agent: 'codex' },
    })
  })
})

describe('the process of an agent', () => {
  const worked = WORKED.slice(0, 3)
  const running = () => ({ liveness: 'running', pid: shell.pid })
  const TAKEN = 'The log says that another agent took over, and does not name its process.'

  it.each(['unknown', '__AGENT__', '__resolved_agent_absent__', 'user', 'implement-command', 'spec-kitty x'])(
    'is not taken over by a name that is that of no agent: %s',
    async (agent) => {
      const own = annotation(2, { agent: 'claude', ...claim(shell) })
      for (const said of [agent, { tool: agent }])
        expect(await nowAfter(worked, own, annotation(3, { agent: said }))).toMatchObject({
          process: running(),
        })
    },
  )

  it.each(['implement-command', '__AGENT__', undefined])(
    'that a command claimed in the name of %s is that of who is named then, until another one is',
    async (agent) => {
      const claimed: Step = ['in_progress', { policy_metadata: { agent, ...claim(shell) } }]
      const steps = [...WORKED.slice(0, 2), claimed]
      const [claude, codex] = [annotation(3, { agent: 'claude' }), annotation(4, { agent: 'codex' })]
      expect(await nowAfter(steps)).toMatchObject({ process: running() })
      expect(await nowAfter(steps, claude)).toMatchObject({ process: running() })
      expect(await nowAfter(steps, claude, annotation(4, { agent: 'Claude:large' }))).toMatchObject({
        process: running(),
      })
      const unknown = { liveness: 'unknown', pid: null, why: TAKEN }
      expect(await nowAfter(steps, claude, codex)).toMatchObject({ process: unknown })
    },
  )
})

describe('the reason why the process is unknown', () => {
  const pid = { shell_pid: 4242, shell_pid_created_at: '1767225600' }
  const since = 'The log names no process since the present work, or the present review, began.'
  const worked = WORKED.slice(0, 3)

  it.each<readonly [string, readonly Step[], readonly object[], string]>([
    ['never named', worked, [], 'The log names no process.'],
    ['named just before the claim', worked, [pid], since],
    ['named just before the claim, by the same agent', worked, [{ agent: 'claude', ...pid }], since],
    ['named before the review', WORKED, [{}, {}, pid], since],
    ['named before a review sent the package back', [...WORKED, back], [{}, {}, pid], since],
    [
      'released before the package was sent back',
      [...WORKED, back],
      [{}, {}, pid, { shell_pid: 0, agent: '' }],
      since,
    ],
    [
      'released',
      worked,
      [{}, pid, { release_runtime_claim: true }],
      'The log says that the process was released, and names none since.',
    ],
    [
      'of another agent, whose process is not named',
      worked,
      [{}, { agent: 'codex', ...pid }, { agent: 'claude' }],
      'The log says that another agent took over, and does not name its process.',
    ],
    [
      'a text',
      worked,
      [{}, { shell_pid: 'x' }],
      'The log names a process by something that is not a process number.',
    ],
    [
      'without a start',
      worked,
      [{}, { shell_pid: 4242 }],
      'The log does not say when the process started, so its number proves nothing.',
    ],
  ])('says that it was %s', async (_, steps, deltas, why) => {
    const { process } = await nowAfter(steps, ...deltas.map((delta, step) => annotation(step, delta)))
    expect(process).toMatchObject({ liveness: 'unknown', why })
  })
})
