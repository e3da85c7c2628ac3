// @ts-check
/** Example projects for the screenshots in the documentation and for the benchmarks. Their text is always the same. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * @typedef {object} Facts What the log says of a package besides its lanes.
 * @property {string} [agent] @property {string} [model] @property {string} [role]
 * @property {number} [subtasks] how many of three are done
 * @property {'running' | 'ended'} [process] what became of its process; otherwise the log names none
 * @property {string} [sentBack] why a review sent it back
 * @property {string} [reason] of its last lane change
 */

/**
 * @typedef {readonly [id: string, title: string, lane: string, agent?: string | undefined,
 *   needs?: readonly string[], facts?: Facts]} Package
 */

/** @type {readonly Package[]} */
const SYNC_QUEUE = [
  [
    'WP01',
    'Persist the queue on disk',
    'done',
    'maria',
    [],
    { agent: 'badger:large-1:implementer', subtasks: 3 },
  ],
  ['WP02', 'Retry with back-off', 'done', 'jonas', ['WP01'], { agent: 'crane', subtasks: 3 }],
  [
    'WP03',
    'Bound the queue by size',
    'approved',
    'maria',
    ['WP01'],
    { agent: 'badger:large-1:implementer', subtasks: 3 },
  ],
  [
    'WP04',
    'Compact after upload',
    'in_review',
    'jonas',
    ['WP02'],
    { agent: 'gannet', model: 'pro', role: 'reviewer', subtasks: 3, process: 'running' },
  ],
  [
    'WP05',
    'Survive a full disk',
    'for_review',
    'amina',
    ['WP01', 'WP03'],
    { agent: 'crane', model: 'large', role: 'implementer', subtasks: 3 },
  ],
  [
    'WP06',
    'Upload in batches',
    'in_progress',
    'maria',
    ['WP02'],
    {
      agent: 'badger:large-1:implementer',
      model: 'large-1',
      role: 'implementer',
      subtasks: 2,
      process: 'running',
      sentBack: 'A batch of 101 events is sent: the limit is 100.',
    },
  ],
  [
    'WP07',
    'Show the queue in sync status',
    'claimed',
    'amina',
    ['WP01'],
    { agent: 'crane', model: 'large', role: 'implementer', subtasks: 0, process: 'ended' },
  ],
  [
    'WP08',
    'Measure throughput',
    'blocked',
    undefined,
    ['WP06'],
    { reason: 'There is no machine with a slow disk to measure on.' },
  ],
  ['WP09', 'Document the file format', 'planned', undefined, ['WP01']],
  ['WP10', 'Drop the old spool directory', 'canceled'],
]

/** @typedef {readonly [id: string, title: string, packages: readonly Package[], meta?: object]} Mission */

/** @type {readonly Mission[]} */
const MISSIONS = [
  [
    '001-install-script',
    'A single install script',
    finished('Detect the platform', 'Verify checksums', 'Roll back'),
    {
      purpose_tldr: 'One line installs the tool on all three systems.',
      baseline_merge_commit: '4f1c2d9e8a7b',
    },
  ],
  [
    '002-offline-queue',
    'Offline queue for uploads',
    SYNC_QUEUE,
    { purpose_tldr: 'What was changed without a connection reaches the server once, in order.' },
  ],
  [
    '003-import-wizard',
    'Import wizard for existing repositories',
    [
      ['WP01', 'Read the history', 'approved', 'amina', [], { agent: 'crane', subtasks: 3 }],
      [
        'WP02',
        'Map authors to members',
        'in_progress',
        'jonas',
        ['WP01'],
        { agent: 'gannet', model: 'pro', role: 'implementer', subtasks: 1 },
      ],
      ['WP03', 'Preview before import', 'planned', undefined, ['WP01', 'WP02']],
    ],
    { purpose_tldr: 'A team moves in with its history.' },
  ],
  ['004-audit-log', 'Audit log', []],
  [
    '005-release-notes',
    'Release notes from merged missions',
    [
      [
        'WP01',
        'Collect merged missions',
        'approved',
        'maria',
        [],
        { agent: 'badger:large-1:implementer', subtasks: 3 },
      ],
      [
        'WP02',
        'Write them down',
        'approved',
        'maria',
        ['WP01'],
        { agent: 'badger:large-1:implementer', subtasks: 3 },
      ],
    ],
    { purpose_tldr: 'Nobody writes the same sentence twice.' },
  ],
]

const SPEC = `# Offline queue for uploads

Changes made without a connection must reach the server **exactly once** when it comes back, in the order in which they
were made.

## What must hold

1. An event that was accepted is never lost, not even when the machine loses power.
2. The queue never takes more than \`64 MB\` of disk. See [the data model](data-model.md).
3. Nothing is sent twice: the server knows each event by its id.

| Situation         | What the user sees        | Retries |
| ----------------- | ------------------------- | ------: |
| no connection     | "12 changes are waiting"  | forever |
| server refuses    | the reason, and what to do |       0 |
| disk is full      | a warning before it is    |       - |

\`\`\`json
{ "event_id": "01J9ZK3V", "kind": "wp_status", "at": "2026-01-12T09:30:00Z" }
\`\`\`

> The queue is a file, not a database: it must be readable with what every machine has.

- [x] Agreed with the server team
- [ ] Load test with a year of events
`

const PROMPT = `# Upload in batches

Send up to 100 events in one request, and mark them as sent only when the server has named each of them.

## Subtasks

- Read a batch without holding the lock
- Send it, with the ids in the order of the queue
- Take from the queue what the server confirmed, and **nothing else**

## Done when

A server that confirms half of a batch gets the other half again, and no event twice.
`

/**
 * Writes a project that is in the middle of its work.
 *
 * @param {string} project
 */
export function writeExampleProject(project) {
  mkdirSync(join(project, '.kittify'), { recursive: true })
  writeFiles(join(project, '.kittify/charter'), {
    'charter.md':
      '# Charter\n\n## What holds for every mission\n\nA test comes first. See [the rules](rules.md).\n',
  })
  for (const [at, [id, title, packages, meta]] of MISSIONS.entries())
    writeWorkedMission(project, id, title, packages, { meta, agoHours: AGES_HOURS[at] ?? 1 })
  writeFiles(join(project, 'kitty-specs/002-offline-queue'), {
    'spec.md': SPEC,
    'plan.md': '# Plan\n\nFirst the file, then the upload.\n',
    'tasks.md': '# Tasks\n\nTen work packages.\n',
    'research.md': '# Research\n\nWhat others do.\n',
    'data-model.md': '# Data model\n\nOne event a line.\n',
    'contracts/upload.yaml': 'openapi: 3.1.0\ninfo:\n  title: Upload # of events\n  version: 1.0.0\n',
    'research/queues.md': '# Queues elsewhere\n\nWhat three other tools do.\n',
    'reviews/WP06.md': '# Review of WP06\n\nA batch of 101 events is sent.\n',
    'decisions/001-one-file.md': '# One file\n\nThe queue is one file.\n',
    'checklists/requirements.md': '- [x] every requirement can be tested\n',
  })
}

/** How many hours ago each mission was last changed. */
const AGES_HOURS = [200, 0.2, 26, 71, 5]

const LANES = [
  'planned',
  'claimed',
  'in_progress',
  'for_review',
  'in_review',
  'approved',
  'done',
  'done',
  'done',
  'done',
]

/**
 * Writes a project with many missions.
 *
 * @param {string} project @param {number} missions @param {number} packages
 */
export function writeLargeProject(project, missions, packages) {
  mkdirSync(join(project, '.kittify'), { recursive: true })
  for (let mission = 1; mission <= missions; mission += 1) {
    const id = `${String(mission).padStart(3, '0')}-mission`
    writeMission(
      project,
      id,
      `Mission ${mission}`,
      Array.from({ length: packages }, (_, at) => {
        const lane = LANES[(at + mission) % LANES.length] ?? 'planned'
        return /** @type {Package} */ ([nameOf(at + 1), `Work package ${at + 1}`, lane, 'maria'])
      }),
    )
    writeFiles(join(project, 'kitty-specs', id), { 'spec.md': '# Spec\n\nWhat it is about.\n'.repeat(100) })
  }
}

/** When the example work began: always six hours before this script started. */
const BEGAN_MS = Date.now() - 6 * 3_600_000
const STEP_MS = 600_000

/**
 * Returns one line of a mission's event file. Each event is ten minutes after the previous one.
 *
 * @param {number} at index of the event
 * @param {string} id @param {string} lane @param {number} beganMs
 */
export function laneEvent(at, id, lane, beganMs = BEGAN_MS) {
  const time = new Date(beganMs + at * STEP_MS).toISOString()
  const event_id = `01EXAMPLE${String(at).padStart(6, '0')}`
  return `${JSON.stringify({ event_id, at: time, wp_id: id, from_lane: 'planned', to_lane: lane, actor: 'maria' })}\n`
}

/**
 * @param {string} project @param {string} id @param {string} title @param {readonly Package[]} packages
 * @param {number} [agoHours] when the last event was; otherwise the mission began when the example work did
 */
function writeMission(project, id, title, packages, agoHours) {
  const lastMs = agoHours === undefined ? null : Date.now() - agoHours * 3_600_000
  const beganMs = lastMs === null ? BEGAN_MS : lastMs - (packages.length - 1) * STEP_MS
  const prompts = packages.map((one) => [`tasks/${one[0]}-work.md`, promptOf(one)])
  writeFiles(join(project, 'kitty-specs', id), {
    'meta.json': JSON.stringify({ title, created_at: new Date(lastMs ?? BEGAN_MS).toISOString() }),
    ...Object.fromEntries(prompts),
    'status.events.jsonl': packages.map(([name, , lane], at) => laneEvent(at, name, lane, beganMs)).join(''),
  })
}

/** The lanes that a package passes on its way to each lane. */
const WAYS = /** @type {Readonly<Record<string, readonly string[]>>} */ ({
  planned: [],
  blocked: ['blocked'],
  canceled: ['canceled'],
  claimed: ['claimed'],
  in_progress: ['claimed', 'in_progress'],
  for_review: ['claimed', 'in_progress', 'for_review'],
  in_review: ['claimed', 'in_progress', 'for_review', 'in_review'],
  approved: ['claimed', 'in_progress', 'for_review', 'in_review', 'approved'],
  done: ['claimed', 'in_progress', 'for_review', 'in_review', 'approved', 'done'],
})

/** Events are three hours apart, so that a mission takes some days. */
const WORK_STEP_MS = 3 * 3_600_000

/**
 * Writes a mission whose log says how each package came into its lane, and who moved it.
 *
 * @param {string} project @param {string} id @param {string} title @param {readonly Package[]} packages
 * @param {{ readonly meta: object | undefined, readonly agoHours: number }} options
 */
function writeWorkedMission(project, id, title, packages, { meta, agoHours }) {
  const lines = packages.flatMap((one, at) => historyOf(one, at))
  const lastStep = Math.max(0, ...lines.map(({ step }) => step))
  const lastMs = Date.now() - agoHours * 3_600_000
  const sorted = lines.toSorted((one, other) => one.step - other.step)
  const texts = sorted.map(({ step, fields }, at) => {
    const time = new Date(lastMs - (lastStep - step) * WORK_STEP_MS).toISOString()
    return `${JSON.stringify({ event_id: `01WORK${String(at).padStart(6, '0')}`, at: time, ...fields })}\n`
  })
  const began = new Date(lastMs - (lastStep + 1) * WORK_STEP_MS).toISOString()
  writeFiles(join(project, 'kitty-specs', id), {
    'meta.json': JSON.stringify({ title, created_at: began, ...meta }),
    ...Object.fromEntries(packages.map((one) => [`tasks/${one[0]}-work.md`, promptOf(one)])),
    'status.events.jsonl': texts.join(''),
  })
}

/**
 * Returns the lines of the log about a package, each with its time.
 *
 * @param {Package} one @param {number} at
 */
function historyOf([id, , lane, assignee, , facts = {}], at) {
  const { sentBack, reason = null } = facts
  const way = [...(sentBack === undefined ? [] : (WAYS['in_review'] ?? [])), ...(WAYS[lane] ?? [])]
  const lanes = ['planned', ...way]
  const actor = facts.agent?.split(':')[0] ?? assignee ?? 'planner'
  const moves = lanes.map((to, step) => ({
    step: step === 0 ? 0 : at * 2 + step,
    fields: {
      wp_id: id,
      from_lane: lanes[step - 1] ?? 'genesis',
      to_lane: to,
      actor,
      reason:
        lanes[step - 1] === 'in_review' && to === 'claimed' ? sentBack : step === way.length ? reason : null,
    },
  }))
  const last = moves.at(-1)?.step ?? 0
  const delta = factsInLog(facts)
  if (Object.keys(delta).length === 0) return moves
  return [...moves, { step: last + 0.01, fields: { kind: 'annotation', wp_id: id, actor, delta } }]
}

/** The pid of a process that has ended. It is the largest pid of any kernel, which no real process has. */
const NO_PROCESS = 4_194_303

/** @param {Facts} facts */
function factsInLog({ agent, model, role, subtasks, process: state, sentBack }) {
  const done = Array.from({ length: subtasks ?? 0 }, (_, at) => [`T00${at + 1}`, 'done'])
  const startedAt = Date.now() / 1000 - process.uptime()
  return {
    ...(agent === undefined ? {} : { agent }),
    ...(model === undefined ? {} : { model }),
    ...(role === undefined ? {} : { role }),
    ...(subtasks === undefined ? {} : { subtasks: Object.fromEntries(done) }),
    ...(state === undefined
      ? {}
      : {
          shell_pid: state === 'running' ? process.pid : NO_PROCESS,
          shell_pid_created_at: String(startedAt),
        }),
    ...(sentBack === undefined
      ? {}
      : {
          note: 'The limit is now checked before the request.',
          review: { actor: 'gannet', at: new Date().toISOString(), reason: sentBack },
        }),
  }
}

/** @param {Package} one */
function promptOf([id, title, , agent, needs = []]) {
  const fields = {
    work_package_id: id,
    title,
    dependencies: needs,
    subtasks: ['T001', 'T002', 'T003'],
    phase: 'Build',
  }
  const lines = Object.entries({ ...fields, ...(agent === undefined ? {} : { assignee: agent }) })
  const text = lines.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join('\n')
  return `---\n${text}\n---\n\n${PROMPT.replace('Upload in batches', title)}`
}

/** @param {readonly string[]} titles @returns {readonly Package[]} */
function finished(...titles) {
  return titles.map((title, at) => [nameOf(at + 1), title, 'done', 'jonas'])
}

/** @param {number} at */
function nameOf(at) {
  return `WP${String(at).padStart(2, '0')}`
}

/** @param {string} directory @param {Readonly<Record<string, string>>} files */
function writeFiles(directory, files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
}
