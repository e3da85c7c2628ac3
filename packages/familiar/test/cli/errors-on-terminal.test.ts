import { describe, expect, it } from 'vitest'
import { withCommand } from '../../src/cli/paint-command.js'
import { reportFailure } from '../../src/cli/failure.js'
import { namesOf } from '../../src/cli/candidate-lines.js'
import { noticeVersions } from '../../src/cli/version-notice.js'
import { printStop } from '../../src/cli/print-stop.js'
import { defineDaemon, definitionOf } from '../../src/define/define-daemon.js'
import type { Connection } from '../../src/define/connect-method.js'
import { FamiliarError } from '../../src/errors.js'
import { columnsOf } from '../../src/cli/text-width.js'
import type { Candidate, Scan } from '../../src/observe/scan.js'
import { context, observation, PID, PORT, processView } from '../helpers/observations.js'

/** What a command prints, with and without colours. */
function screen(hasColor: boolean) {
  let [out, err] = ['', '']
  const io = {
    program: 'tool',
    help: 'tool --help',
    hasColor,
    hasErrorColor: hasColor,
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
  }
  return { io, out: () => out, err: () => err }
}

function reported(error: unknown, hasColor = false): string {
  const { io, err } = screen(hasColor)
  reportFailure(error, io, false, false)
  return err()
}

const plain = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '')

describe('an error', () => {
  const full = new FamiliarError('E_RANGE_FULL', 'every port is in use', {
    details: ['50 by process 7'],
    hint: 'tool doctor',
  })

  it('of several lines has its remedy on a line of its own', () => {
    expect(reported(full)).toBe('tool: every port is in use\n50 by process 7\ntool doctor\n')
  })

  it.each([
    ['tool doctor', 'tool: it is full\ntool doctor\n'],
    ["start it: HOME='/a: b' tool sync now", "tool: it is full\nstart it:\nHOME='/a: b' tool sync now\n"],
    ['use the other one, or: tool stop', 'tool: it is full\nuse the other one, or:\ntool stop\n'],
    [
      'with a token; replace HOST: printenv T | tool login --server https://HOST',
      'tool: it is full\nwith a token; replace HOST:\nprintenv T | tool login --server https://HOST\n',
    ],
    ['see tool stop --help', 'tool: it is full (see tool stop --help)\n'],
    ["run 'tool stop' and wait", "tool: it is full (run 'tool stop' and wait)\n"],
    ['install tool again', 'tool: it is full (install tool again)\n'],
    ['install the tool again', 'tool: it is full (install the tool again)\n'],
  ])(
    "whose remedy is '%s' has a command on a line of its own on a terminal, and is one line in a pipe",
    (hint, said) => {
      const error = new FamiliarError('E_LOCK_BUSY', 'it is full', { hint })
      expect(reported(error)).toBe(`tool: it is full (${hint})\n`)
      const { io, err } = screen(false)
      reportFailure(error, { ...io, errorColumns: 200 }, false, false)
      expect(err()).toBe(said)
    },
  )

  it('of one line has it in parentheses, and a line feed in a name makes no second line', () => {
    const error = new FamiliarError('E_SCOPE_UNUSABLE', 'cannot make /a\nb', {
      hint: 'name another directory',
    })
    expect(reported(error)).toBe('tool: cannot make /a?b (name another directory)\n')
  })

  it.each([full, new FamiliarError('E_LOCK_BUSY', 'busy', { hint: "run 'tool stop' and wait" })])(
    'has the same words with colours, and only the command is cyan',
    (error) => {
      const painted = reported(error, true)
      expect(plain(painted)).toBe(reported(error))
      expect(painted).toMatch(/\u001b\[36mtool (?:doctor|stop)\u001b\[39m/)
      expect(painted).toMatch(/^\u001b\[31mtool:\u001b\[39m /)
    },
  )
})

it('the command that an error tells to run is cyan as a whole', () => {
  const hint = 'to turn it on: export SYNC=1 && tool sync now'
  const { io, err } = screen(true)
  reportFailure(
    new FamiliarError('E_LOCK_BUSY', 'it is off', { hint }),
    { ...io, errorColumns: 200 },
    false,
    false,
  )
  expect(err()).toBe(
    '\u001b[31mtool:\u001b[39m it is off\nto turn it on:\n\u001b[36mexport SYNC=1 && tool sync now\u001b[39m\n',
  )
})

describe('an error on a narrow terminal', () => {
  const error = new FamiliarError('E_LOCK_BUSY', 'another command holds the lock of this home and works', {
    hint: "run 'tool stop' and wait",
  })

  it.each([20, 40, 60, 80, 120])(
    'of %i columns is broken at spaces, and keeps its remedy whole',
    (columns) => {
      const { io, err } = screen(false)
      reportFailure(error, { ...io, errorColumns: columns }, false, false)
      const lines = err().trimEnd().split('\n')
      expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(Math.max(columns, 24))
      expect(lines.length === 1).toBe(columns >= 88)
      if (lines.length > 1) expect(lines.at(-1)).toBe("run 'tool stop' and wait")
      expect(err().replaceAll(/\s+/g, ' ')).toContain('another command holds the lock of this home and works')
    },
  )
})

describe('the command in a text', () => {
  it.each([
    ['tool start', '<tool start>'],
    ['see tool --help', 'see <tool --help>'],
    ["'tool init' makes one", "'<tool init>' makes one"],
    ['start it: HOME=/x tool sync now', 'start it: <HOME=/x tool sync now>'],
    ["cd '/a b' && tool stop", "<cd '/a b' && tool stop>"],
    ["cd '/it'\\''s here' && tool stop", "<cd '/it'\\''s here' && tool stop>"],
    [
      'to stop it there: nsenter -t 7 -m -p -- tool stop',
      'to stop it there: <nsenter -t 7 -m -p -- tool stop>',
    ],
    ["nsenter -t 7 -m -- env -C '/a b' tool stop", "<nsenter -t 7 -m -- env -C '/a b' tool stop>"],
    ['nsenter -t 7 -m -- env HOME=/x tool stop', '<nsenter -t 7 -m -- env HOME=/x tool stop>'],
    ['tool queue shows why events wait; it is full', '<tool queue> shows why events wait; it is full'],
    ['run tool auth login again', 'run <tool auth login> again'],
    ['tool sync status', '<tool sync status>'],
    ['tool sync logs --follow', '<tool sync logs --follow>'],
    ['reinstall the tool', 'reinstall the tool'],
    ['its log: /var/tool /x', 'its log: /var/tool /x'],
  ])('%s', (text, expected) => {
    expect(withCommand(text, 'tool', (command) => `<${command}>`)).toBe(expected)
  })
})

describe('a stop', () => {
  const result = { outcome: 'stopped', pid: 7, port: 9400, packageVersion: '1.0.0' } as const

  it.each([
    [{ outcome: 'none' } as const, 'nothing to stop\n', ''],
    [{ ...result, path: 'http_shutdown' } as const, 'stopped the sync daemon (process 7, port 9400)\n', ''],
    [{ ...result, path: 'kill' } as const, 'stopped the sync daemon (process 7, port 9400, SIGKILL)\n', ''],
    [
      { outcome: 'failed', pid: 7, port: null, reason: 'permission_denied', advice: null } as const,
      '',
      'tool: the sync daemon (process 7, port none) is not stopped: this user may not end it (permission_denied): tool explain permission_denied\n',
    ],
    [
      {
        outcome: 'failed',
        pid: 7,
        port: 9400,
        reason: 'identity_unproven',
        advice: 'it runs there; to stop it there: nsenter -t 7 -m -- tool stop',
      } as const,
      '',
      'tool: the sync daemon (process 7, port 9400) is not stopped: it is not proven to be what it seems (identity_unproven): it runs there; to stop it there: nsenter -t 7 -m -- tool stop\n',
    ],
  ])('%j is told in words', (stop, out, err) => {
    const said = screen(false)
    printStop(stop, { title: 'sync daemon', explain: 'tool explain' }, said.io, false)
    expect([said.out(), said.err()]).toEqual([out, err])
  })
})

describe('a daemon of another version', () => {
  const definition = definitionOf(defineDaemon({ name: 'sync', version: '4.0.0' }))
  const base = { version: '4.0.0', relation: 'same', replaced: false, replacedVersion: null }

  it.each([
    [{ replaced: true, replacedVersion: '3.2.6' }, 'tool: upgraded the sync daemon from 3.2.6 to 4.0.0\n'],
    [{ replaced: true, replacedVersion: null }, 'tool: upgraded the sync daemon to 4.0.0\n'],
    [
      { replaced: true, replacedVersion: '4.0.0' },
      'tool: replaced the sync daemon 4.0.0: its installation was gone\n',
    ],
    [
      { relation: 'newer', version: '4.1.0' },
      'tool: the sync daemon is used as it is: daemon version 4.1.0 is newer than CLI version 4.0.0\n',
    ],
    [{}, ''],
  ])('%j', (change, text) => {
    const said = screen(false)
    noticeVersions({ ...base, ...change } as unknown as Connection, definition, said.io)
    expect(said.err()).toBe(text)
  })
})

describe('the names before a question', () => {
  const daemon = defineDaemon({ name: 'sync', version: '4.0.0', words: { scope: 'home' } })
  const candidateOf = (change: Parameters<typeof observation>[0], verdict: Candidate['verdict']) =>
    ({ observation: observation(change), facts: {}, verdict, proof: null }) as unknown as Candidate
  const candidates = [
    candidateOf(
      { port: PORT + 1, pid: PID + 1, process: processView({ pid: PID + 1 }), report: null },
      { class: 'operator_required', reason: 'unresponsive', rule: 'S11' },
    ),
    // Of this executable, whatever it is: another one would be a reason of its own.
    candidateOf(
      { process: processView({ executable: process.execPath }) },
      { class: 'safe_auto', reason: null, rule: 'S16' },
    ),
  ]
  const seen = { family: { name: 'sync' }, context: context(), candidates } as unknown as Scan

  it('are the port, the process, the version and why, by port', () => {
    const names = namesOf(daemon, candidates, seen, { columns: null, hasColor: false })
    expect(names).toEqual([
      expect.stringMatching(
        new RegExp(
          `^port ${PORT} \\(process ${PID}, version 4\\.0\\.0\\) of /\\S+: superseded \\(safe_auto\\)$`,
        ),
      ),
      expect.stringMatching(
        new RegExp(
          `^port ${PORT + 1} \\(process ${PID + 1}, version unknown\\) of /\\S+: it does not answer \\(unresponsive\\)$`,
        ),
      ),
    ])
  })

  it('fit into a narrow terminal', () => {
    const lines = namesOf(daemon, candidates, seen, { columns: 60, hasColor: true }).map(plain)
    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(58)
    expect(lines.length).toBeGreaterThan(2)
  })
})
