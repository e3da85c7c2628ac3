import { clockText } from 'familiar/cli'
import { expect, it } from 'vitest'
import { letterLines, queueLines, type ShownProject } from '../../src/sync/show-queue.js'
import { NO_PROJECT, OPTED_OUT, type Why } from '../../src/sync/why-types.js'

const AT = '2026-01-01T00:00:00.000Z'
const SCREEN = { columns: null, hasColor: false }

const project = (name: string, more: Partial<ShownProject>): ShownProject => ({
  project: name,
  projectUuid: 'u',
  count: 1,
  oldestAt: AT,
  attempts: 0,
  lastError: null,
  ...more,
})

function heldBy(reason: Why['reason']): readonly (string | undefined)[] {
  const projects = [
    project('/in', {}),
    project('/out', { reason: 'no_consent' }),
    project('/gone', { reason: 'project_missing' }),
  ]
  const why = { reason, sentence: 'the sentence', command: 'the command', isAll: true }
  const view = { queued: 3, oldestAt: AT, deadLetters: 0, projects, aside: [], why }
  const lines = queueLines(view, Date.parse(AT), SCREEN)
  expect(lines).toContain('nothing leaves: the sentence')
  return lines.slice(-3).map((line) => line.split(/ {2,}/).at(-1))
}

it.each([
  ['no_session', ['not signed in', 'not signed in, not opted in', 'not signed in, directory is gone']],
  [
    'hosted_sync_disabled',
    ['hosted sync off', 'hosted sync off, not opted in', 'hosted sync off, directory is gone'],
  ],
  ['session_refused', ['see above', 'see above, not opted in', 'see above, directory is gone']],
  ['no_daemon', ['-', 'not opted in', 'directory is gone']],
] as const)('HELD BY names all that holds the events of a project: %s', (reason, words) => {
  expect(heldBy(reason)).toEqual(words)
})

it('HELD BY says what is true of the project, where the reason alone does not', () => {
  const projects = [
    project('/out', { reason: 'no_consent', detail: OPTED_OUT }),
    project('/bare', { reason: 'project_missing', detail: NO_PROJECT }),
  ]
  const view = { queued: 2, oldestAt: AT, deadLetters: 0, projects, aside: [], why: null }
  const lines = queueLines(view, Date.parse(AT), SCREEN)
  expect(lines.slice(-2).map((line) => line.split(/ {2,}/).at(-1))).toEqual([
    'opted out',
    'no .kittify there',
  ])
})

const letter = {
  seq: 1,
  eventId: '01KC0000000000000000000001',
  eventType: 'wp.moved',
  projectUuid: 'u',
  project: '/home/ann/work/shop',
  envelope: null,
  queuedAt: AT,
  attempts: 1,
  lastError: null,
  rejectedAt: AT,
  reason: 'no such project',
  category: 'schema',
}

it('a narrow terminal shows what the server said, and names what it leaves out', () => {
  expect(letterLines([letter], { columns: 60, hasColor: false }).slice(0, 4)).toEqual([
    'EVENT                       THE SERVER SAID',
    '01KC0000000000000000000001  schema: no such project',
    'TYPE, REJECTED, PROJECT not shown: widen the terminal, or',
    '--json',
  ])
  const projects = [
    project('/home/ann/work/a/long/path/to/shop', {
      reason: 'no_consent',
      attempts: 3,
      lastError: 'the server answered 503',
    }),
  ]
  const view = { queued: 1, oldestAt: AT, deadLetters: 0, projects, aside: [], why: null }
  expect(queueLines(view, Date.parse(AT), { columns: 60, hasColor: false }).slice(2, 4)).toEqual([
    expect.stringMatching(/^EVENTS {2}PROJECT +HELD BY +LAST ERROR$/),
    expect.stringMatching(/^ +1 {2}\S+…\S+ {2}not opted in {2}the server an…$/),
  ])
})

it('the commands below the rejected events are never broken over two lines', () => {
  expect(letterLines([letter], { columns: 80, hasColor: false }).slice(-5)).toEqual([
    'look at them: spec-kitty sync queue --dead --export FILE',
    'send them again unchanged, once the server takes them:',
    '  spec-kitty sync queue retry --all',
    'remove some, also to publish corrected ones:',
    '  spec-kitty sync queue drop EVENT... --yes',
  ])
})

it('the comment of a command stands above it where both do not fit, and times are local ones', () => {
  const shown = 'spec-kitty auth login --server https://HOST  # replace HOST: your team knows it'
  const why: Why = { reason: 'no_session', sentence: 'so', command: 'x', shown, isAll: true }
  const view = { queued: 1, oldestAt: AT, deadLetters: 0, projects: [], aside: [], why }
  expect(queueLines(view, Date.parse(AT), { ...SCREEN, columns: 60 }).slice(-2)).toEqual([
    '  # replace HOST: your team knows it',
    '  spec-kitty auth login --server https://HOST',
  ])
  expect(queueLines(view, Date.parse(AT), { ...SCREEN, columns: 33 }).slice(-3)).toEqual([
    '  # replace HOST: your team knows',
    '  # it',
    '  spec-kitty auth login --server https://HOST',
  ])
  expect(queueLines(view, Date.parse(AT), SCREEN).at(-1)).toBe(`  ${shown}`)
  expect(letterLines([letter], SCREEN).join('\n')).toContain(clockText(new Date(letter.rejectedAt)))
})
