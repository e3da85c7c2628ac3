import { expect, it } from 'vitest'
import { queueLines, type ShownProject } from '../../src/sync/show-queue.js'
import type { Why } from '../../src/sync/why-types.js'

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
