import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Lane } from '../../src/dashboard/api.js'

/**
 * Projects in temporary directories, in the format that the dashboard reads: empty, one mission, every lane, hostile,
 * malformed, large. A project may be taken away by `removeProjects`.
 */

const projects = new Set<string>()

/** What stands in a mission, by name. */
export type Files = Readonly<Record<string, string | Uint8Array>>

export const LANES: readonly Lane[] = [
  'genesis',
  'planned',
  'blocked',
  'claimed',
  'in_progress',
  'for_review',
  'in_review',
  'approved',
  'done',
  'canceled',
]

/** A project without missions: not even `kitty-specs` is there. Its path has no links. */
export function emptyProject(): string {
  const project = mkdtempSync(join(realpathSync(tmpdir()), 'spec-kitty-project-'))
  projects.add(project)
  return project
}

export function removeProjects(): void {
  for (const project of projects) rmSync(project, { recursive: true, force: true, maxRetries: 3 })
  projects.clear()
}

/** Writes files into a mission and returns its directory. */
export function writeMission(project: string, id: string, files: Files = {}): string {
  const mission = join(project, 'kitty-specs', id)
  mkdirSync(mission, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(mission, name)), { recursive: true })
    writeFileSync(join(mission, name), content)
  }
  return mission
}

/** The text of a `tasks/WP*.md`. */
export function prompt(id: string, title: string, more = ''): string {
  return `---\nwork_package_id: ${id}\ntitle: ${JSON.stringify(title)}\n${more}---\n\n# ${title}\n\nDo it.\n`
}

/** One line of a `status.events.jsonl`, that of second `at` of the year. */
export function laneEvent(at: number, wp: string, lane: string, fields: object = {}): string {
  const event = {
    actor: 'ada',
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString(),
    event_id: `01EVENT${String(at).padStart(6, '0')}-${wp}`,
    from_lane: 'planned',
    to_lane: lane,
    wp_id: wp,
    ...fields,
  }
  return `${JSON.stringify(event)}\n`
}

/** One mission with every kind of document and three packages. */
export function oneMission(): string {
  const project = emptyProject()
  writeMission(project, '001-start', {
    'meta.json': JSON.stringify({ friendly_name: 'Start here', mission_number: 1 }),
    'spec.md': '# Spec\n',
    'plan.md': '# Plan\n',
    'tasks.md': '# Tasks\n',
    'research.md': '# Research\n',
    'data-model.md': '# Data model\n',
    'quickstart.md': '# Quickstart\n',
    'contracts/api.yaml': 'openapi: 3.1.0\n',
    'contracts/events/changed.json': '{}\n',
    'checklists/requirements.md': '- [ ] all of them\n',
    'tasks/README.md': 'no work package\n',
    'tasks/WP01-begin.md': prompt('WP01', 'Begin', 'phase: 1\nagent: ada\nsubtasks: [T001, T002]\n'),
    'tasks/WP02-go-on.md': prompt('WP02', 'Go on', 'dependencies:\n- WP01\nassignee: ada\n'),
    'tasks/WP10-end.md': prompt('WP10', 'End', 'dependencies: [WP01, WP02]\n'),
    'status.events.jsonl': [
      '{"type":"MissionCreated","event_id":"01OTHER","at":"2026-01-01T00:00:00Z"}\n',
      laneEvent(0, 'WP10', 'planned'),
      laneEvent(1, 'WP01', 'claimed'),
      laneEvent(2, 'WP01', 'done'),
      laneEvent(3, 'WP02', 'in_progress'),
    ].join(''),
  })
  return project
}

/** One mission with one package in every lane, and one in a lane of the future. */
export function everyLane(): string {
  const project = emptyProject()
  const lanes = [...LANES, 'teleported']
  const id = (at: number): string => `WP${String(at + 1).padStart(2, '0')}`
  writeMission(project, '002-lanes', {
    ...Object.fromEntries(lanes.map((lane, at) => [`tasks/${id(at)}-${lane}.md`, prompt(id(at), lane)])),
    'status.events.jsonl': lanes.map((lane, at) => laneEvent(at, id(at), lane)).join(''),
  })
  return project
}

/** Names of missions and documents that break code that takes them for something else than names. */
export const HOSTILE_NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'a%2f..%2f..%2fetc',
  '%',
  '<script>alert(1)</script>'.replace('/', '\u2215'),
  '"><img src=x onerror=alert(1)>',
  'line\nbreak',
  'bell\u0007 and \u001b[31mred',
  "it's `quoted` $(here)",
  'back\\slash',
  ' ',
  'right\u202eto-left',
  'x'.repeat(255),
]

/** Missions that want to break the page, its server, or out of the project. */
export function hostileProject(): string {
  const project = emptyProject()
  for (const name of HOSTILE_NAMES) {
    writeMission(project, name, {
      'meta.json': JSON.stringify({ title: '<script>alert(1)</script>' }),
      'spec.md': '<img src=x onerror=alert(1)> [x](javascript:alert(1))',
      'tasks/WP01.md': prompt('__proto__', '</title><script>alert(1)</script>', 'agent: "\\u0007"\n'),
      'status.events.jsonl': laneEvent(1, '__proto__', 'done') + laneEvent(2, 'constructor', '__proto__'),
    })
  }
  const mission = writeMission(project, 'links', { 'plan.md': 'inside', 'contracts/a.md': 'a' })
  symlinkSync('/etc/passwd', join(mission, 'spec.md'))
  symlinkSync('plan.md', join(mission, 'research.md'))
  symlinkSync('nowhere', join(mission, 'quickstart.md'))
  symlinkSync('data-model.md', join(mission, 'data-model.md'))
  symlinkSync('..', join(mission, 'contracts', 'up'))
  symlinkSync('/etc', join(mission, 'checklists'))
  symlinkSync('/proc/self', join(mission, 'tasks'))
  symlinkSync(tmpdir(), join(project, 'kitty-specs', 'outside'))
  symlinkSync('links', join(project, 'kitty-specs', 'linked'))
  return project
}

/** Missions in which everything is something else than it should be. */
export function malformedProject(): string {
  const project = emptyProject()
  writeMission(project, 'json', {
    'meta.json': '{"title": ',
    'status.events.jsonl': `${laneEvent(1, 'WP01', 'claimed')}nonsense\n[]\n{"wp_id":1,"to_lane":"done"}\n\0\n`,
    'tasks/WP01.md': prompt('WP01', 'One'),
  })
  writeMission(project, 'front-matter', {
    'tasks/WP01.md': '---\ntitle: no end\n',
    'tasks/WP02.md': '---\ntitle: [unclosed\n---\n',
    'tasks/WP03.md': '---\na: &a [x, x]\nb: &b [*a, *a]\ntitle: *b\n---\n',
    'tasks/WP04.md': '---\ntitle: one\ntitle: two\n---\n',
    'tasks/WP05.md': '---\nwork_package_id: 5\ntitle: {a: b}\nsubtasks: [T1, [T2]]\n---\n',
    'tasks/WP06.md': '---\njust text\n---\n',
    'tasks/WP07.md': 'no front matter',
    'tasks/WP08.md': '',
    'tasks/WP09-a.md': prompt('WP09', 'first'),
    'tasks/WP09-b.md': prompt('WP09', 'second'),
  })
  const places = writeMission(project, 'places', { tasks: 'a file', contracts: 'a file' })
  mkdirSync(join(places, 'spec.md'))
  mkdirSync(join(places, 'meta.json'))
  spawnSync('mkfifo', [join(places, 'plan.md'), join(places, 'status.events.jsonl')])
  return project
}

/** Many missions with many packages each. */
export function largeProject(missions: number, packages: number): string {
  const project = emptyProject()
  for (let mission = 1; mission <= missions; mission += 1) {
    const files: Record<string, string> = {
      'meta.json': JSON.stringify({ friendly_name: `Mission ${mission}` }),
      'spec.md': '# Spec\n\nWhat it is about.\n'.repeat(200),
    }
    let events = ''
    for (let wp = 1; wp <= packages; wp += 1) {
      const id = `WP${String(wp).padStart(2, '0')}`
      files[`tasks/${id}-work.md`] = prompt(id, `Work ${wp}`, 'subtasks: [T001]\nagent: ada\n')
      events += laneEvent(wp, id, 'claimed') + laneEvent(packages + wp, id, LANES[wp % 10] ?? 'done')
    }
    writeMission(project, `mission-${String(mission).padStart(4, '0')}`, {
      ...files,
      'status.events.jsonl': events,
    })
  }
  return project
}

/** Writes a file, and makes the directories that it is in. */
export function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
