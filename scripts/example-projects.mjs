// @ts-check
/** Example projects for the screenshots in the documentation and for the benchmarks. Their text is always the same. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * @typedef {readonly [id: string, title: string, lane: string, agent?: string | undefined,
 *   needs?: readonly string[]]} Package
 */

/** @type {readonly Package[]} */
const SYNC_QUEUE = [
  ['WP01', 'Persist the queue on disk', 'done', 'maria'],
  ['WP02', 'Retry with back-off', 'done', 'jonas', ['WP01']],
  ['WP03', 'Bound the queue by size', 'approved', 'maria', ['WP01']],
  ['WP04', 'Compact after upload', 'in_review', 'jonas', ['WP02']],
  ['WP05', 'Survive a full disk', 'for_review', 'amina', ['WP01', 'WP03']],
  ['WP06', 'Upload in batches', 'in_progress', 'maria', ['WP02']],
  ['WP07', 'Show the queue in sync status', 'claimed', 'amina'],
  ['WP08', 'Measure throughput', 'blocked', undefined, ['WP06']],
  ['WP09', 'Document the file format', 'planned'],
  ['WP10', 'Drop the old spool directory', 'canceled'],
]

/** @type {readonly (readonly [id: string, title: string, packages: readonly Package[]])[]} */
const MISSIONS = [
  [
    '001-install-script',
    'A single install script',
    finished('Detect the platform', 'Verify checksums', 'Roll back'),
  ],
  ['002-offline-queue', 'Offline queue for uploads', SYNC_QUEUE],
  [
    '003-import-wizard',
    'Import wizard for existing repositories',
    [
      ['WP01', 'Read the history', 'approved', 'amina'],
      ['WP02', 'Map authors to members', 'for_review', 'jonas', ['WP01']],
      ['WP03', 'Preview before import', 'planned', undefined, ['WP01', 'WP02']],
    ],
  ],
  ['004-audit-log', 'Audit log', []],
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
 * Writes a project in the middle of its work.
 *
 * @param {string} project
 */
export function writeExampleProject(project) {
  mkdirSync(join(project, '.kittify'), { recursive: true })
  for (const [at, [id, title, packages]] of MISSIONS.entries())
    writeMission(project, id, title, packages, AGES_HOURS[at])
  writeFiles(join(project, 'kitty-specs/002-offline-queue'), {
    'spec.md': SPEC,
    'plan.md': '# Plan\n\nFirst the file, then the upload.\n',
    'tasks.md': '# Tasks\n\nTen work packages.\n',
    'research.md': '# Research\n\nWhat others do.\n',
    'data-model.md': '# Data model\n\nOne event a line.\n',
    'contracts/upload.yaml': 'openapi: 3.1.0\ninfo:\n  title: Upload\n  version: 1.0.0\n',
    'checklists/requirements.md': '- [x] every requirement can be tested\n',
  })
}

/** How many hours ago each mission was last changed. */
const AGES_HOURS = [200, 4.4, 26, 71]

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

/** The example work always began six hours before this script started. */
const BEGAN_MS = Date.now() - 6 * 3_600_000
const STEP_MS = 600_000

/**
 * Returns one line of a mission's event file. Each event is ten minutes after the one before.
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
