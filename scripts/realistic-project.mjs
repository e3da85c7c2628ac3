// @ts-check
/**
 * Writes a project with the size of a large real one: 412 missions and about 11 000 files, with as many lane changes,
 * annotations and documents as real ones have. The same seed always gives the same project.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The size of a real project with 412 missions. */
export const REAL_SIZE = { missions: 412, files: 11_000 }

/** When the first mission began. */
const BEGAN_MS = Date.UTC(2026, 0, 5, 8)
const HOUR_MS = 3_600_000

const AGENTS = [
  'badger:large-1:implementer-ivan:implementer',
  'crane:medium-1:python-pedro:implementer',
  'gannet',
  'badger',
]
const MODELS = ['large-1', 'small-1', 'medium-1', '__resolved_model_absent__']
const WORDS =
  'the queue of events is read by a daemon that owns its lock and writes what it knows to disk before it answers so that no reader sees a state which never was and every writer learns of the other in time'.split(
    ' ',
  )

/** The lanes that a package passes, in order. */
const WAY = ['planned', 'claimed', 'in_progress', 'for_review', 'in_review', 'approved', 'done']

/**
 * Returns a source of numbers from 0 to 1 that always gives the same numbers for a seed (mulberry32).
 *
 * @param {number} seed
 */
export function numbersFrom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * Writes the project, and returns how many files, packages and lines of logs it has.
 *
 * @param {string} project
 * @param {{ readonly missions?: number, readonly seed?: number }} [options]
 */
export function writeRealisticProject(project, { missions = REAL_SIZE.missions, seed = 412 } = {}) {
  const next = numbersFrom(seed)
  const counts = { missions, files: 0, packages: 0, lines: 0 }
  mkdirSync(join(project, '.kittify', 'charter'), { recursive: true })
  writeFileSync(join(project, '.kittify', 'charter', 'charter.md'), `# Charter\n\n${prose(next, 2000)}\n`)
  for (let at = 1; at <= missions; at += 1) {
    const mission = missionFiles(at, missions, next)
    counts.packages += mission.packages
    counts.lines += mission.lines
    for (const [name, text] of Object.entries(mission.files)) {
      const path = join(project, 'kitty-specs', mission.id, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      counts.files += 1
    }
  }
  return counts
}

/** @param {number} at @param {number} missions @param {() => number} next */
function missionFiles(at, missions, next) {
  const id = `${String(at).padStart(3, '0')}-${word(next)}-${word(next)}-${word(next)}`
  const title = `${word(next)} ${word(next)} ${word(next)} ${at}`
  const packages = 4 + Math.floor(next() * 11)
  const began = BEGAN_MS + at * 12 * HOUR_MS
  // The last missions are in work; most of the others are merged.
  const isOpen = at > missions - 24
  const lines = Array.from({ length: packages }, (_, index) => logOf(index + 1, began, isOpen, next)).flat()
  const meta = {
    created_at: new Date(began).toISOString(),
    friendly_name: title,
    mission_id: `01MISSION${String(at).padStart(6, '0')}`,
    mission_number: at,
    mission_slug: id,
    mission_type: 'software-dev',
    target_branch: 'main',
    purpose_tldr: prose(next, 90),
    purpose_context: prose(next, 600),
    topology: 'lanes',
    ...(isOpen || next() < 0.4
      ? {}
      : { baseline_merge_commit: hex(next, 40), accepted_at: new Date(began).toISOString() }),
  }
  const files = {
    'meta.json': JSON.stringify(meta, null, 2),
    ...documents(next),
    ...prompts(packages, next),
    'status.events.jsonl': lines
      .toSorted((one, other) => (one.at < other.at ? -1 : 1))
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  }
  return { id, files, packages, lines: lines.length }
}

/** @param {() => number} next @returns {Record<string, string>} */
function documents(next) {
  /** @type {[string, number][]} */
  const always = [
    ['spec.md', 14_000],
    ['plan.md', 11_000],
    ['tasks.md', 9_000],
    ['research.md', 8_000],
    ['data-model.md', 5_000],
    ['quickstart.md', 4_000],
    ['checklists/requirements.md', 3_000],
    ['contracts/api.md', 6_000],
  ]
  /** @type {[string, number][]} */
  const sometimes = [
    ['contracts/events.yaml', 4_000],
    ['research/evidence.md', 7_000],
    ['reviews/cycle-1.md', 3_000],
    ['decisions/001-storage.md', 2_000],
    ['analysis-report.md', 9_000],
    ['issue-matrix.md', 3_000],
    ['retrospective.md', 4_000],
    ['tasks/README.md', 1_000],
    ['tasks/WP01-work/review-cycle-1.md', 3_000],
  ]
  const chosen = [...always, ...sometimes.filter(() => next() < 0.75)]
  return Object.fromEntries(
    chosen.map(([name, chars]) => [name, `# ${name}\n\n${paragraphs(next, chars * (0.5 + next()))}\n`]),
  )
}

/** @param {number} packages @param {() => number} next */
function prompts(packages, next) {
  const files = Array.from({ length: packages }, (_, index) => {
    const number = index + 1
    const fields = {
      work_package_id: nameOf(number),
      title: `${word(next)} ${word(next)} ${number}`,
      dependencies: number === 1 ? [] : [nameOf(1 + Math.floor(next() * (number - 1)))],
      subtasks: Array.from(
        { length: 3 + Math.floor(next() * 5) },
        (_unused, task) => `T${String(number * 10 + task).padStart(3, '0')}`,
      ),
      phase: `Phase ${1 + Math.floor(index / 3)}`,
      agent_profile: 'implementer-ivan',
      owned_files: Array.from({ length: 4 }, () => `src/${word(next)}/${word(next)}.py`),
    }
    const yaml = Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    return [
      `tasks/${nameOf(number)}-work.md`,
      `---\n${yaml.join('\n')}\n---\n\n# ${fields.title}\n\n${paragraphs(next, 9_000)}\n`,
    ]
  })
  return Object.fromEntries(files)
}

/** @param {number} number @param {number} began @param {boolean} isOpen @param {() => number} next */
function logOf(number, began, isOpen, next) {
  const wp_id = nameOf(number)
  const agent = AGENTS[Math.floor(next() * AGENTS.length)] ?? 'badger'
  const reached = isOpen ? Math.floor(next() * WAY.length) : next() < 0.5 ? WAY.length - 1 : WAY.length - 2
  const sentBack = next() < 0.15 && reached > 4 ? ['in_progress', 'for_review', 'in_review'] : []
  const way = ['genesis', ...WAY.slice(0, 5), ...sentBack, ...WAY.slice(5)].slice(
    0,
    reached + 2 + sentBack.length,
  )
  let at = began + number * HOUR_MS
  /** @type {(Record<string, unknown> & { readonly at: string })[]} */
  const lines = []
  const add = (/** @type {Record<string, unknown>} */ fields) => {
    at += Math.floor(next() * HOUR_MS)
    lines.push({
      at: new Date(at).toISOString().replace('Z', '000+00:00'),
      event_id: `01${hex(next, 24)}`,
      wp_id,
      ...fields,
    })
  }
  for (const [step, lane] of way.slice(1).entries()) {
    add({
      actor: next() < 0.5 ? 'badger' : { tool: 'badger', model: null, profile: null, role: 'implementer' },
      evidence: null,
      execution_mode: 'worktree',
      force: false,
      from_lane: way[step],
      to_lane: lane,
      mission_slug: 'mission',
      policy_metadata:
        lane === 'claimed' ? { agent, shell_pid: 4_000_000 + Math.floor(next() * 100_000) } : null,
      reason: next() < 0.3 ? prose(next, 120) : null,
      review_ref: null,
    })
    if (lane === 'in_progress') {
      const pid = 4_000_000 + Math.floor(next() * 100_000)
      add({
        kind: 'annotation',
        actor: 'badger',
        delta: {
          agent,
          model: MODELS[number % MODELS.length],
          shell_pid: pid,
          shell_pid_created_at: String(at / 1000),
        },
      })
      add({
        kind: 'annotation',
        actor: 'badger',
        delta: { subtasks: { [`T${String(number * 10).padStart(3, '0')}`]: 'done' }, note: prose(next, 150) },
      })
    }
  }
  return lines
}

/** @param {number} number */
function nameOf(number) {
  return `WP${String(number).padStart(2, '0')}`
}

/** @param {() => number} next */
function word(next) {
  return WORDS[Math.floor(next() * WORDS.length)] ?? 'word'
}

/** @param {() => number} next @param {number} chars */
function prose(next, chars) {
  let text = ''
  while (text.length < chars) text += `${word(next)} `
  return text.trim()
}

/** @param {() => number} next @param {number} chars */
function paragraphs(next, chars) {
  let text = ''
  while (text.length < chars)
    text += `## ${prose(next, 30)}\n\n${prose(next, 600)}\n\n- ${prose(next, 80)}\n- ${prose(next, 80)}\n\n`
  return text
}

/** @param {() => number} next @param {number} digits */
function hex(next, digits) {
  return Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16))
    .join('')
    .toUpperCase()
}
