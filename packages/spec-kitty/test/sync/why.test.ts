import { clockText } from 'familiar/cli'
import { describe, expect, it } from 'vitest'
import type { Obstacle } from '../../src/sync/upload/gate.js'
import type { ClosedReason, Gate } from '../../src/sync/upload/upload-types.js'
import { furtherReasons, whyDocument, whyNothingLeaves } from '../../src/sync/why-nothing-leaves.js'
import { isWorseHere } from '../../src/sync/why-restart.js'
import type { HeldProject, Standing } from '../../src/sync/why-types.js'

const OPEN: Gate = { state: 'open', serverUrl: 'https://a.example', format: 'batch' }

function standing(changes: Partial<Standing> = {}): Standing {
  return {
    gate: OPEN,
    queued: 5,
    queueProblem: null,
    held: [],
    isDaemonRunning: true,
    loginServer: 'https://a.example',
    lastError: null,
    nextAttemptAt: null,
    ...changes,
  }
}

function held(project: string, count: number, detail: string | null = null): HeldProject {
  return {
    project,
    reason: detail === null ? 'no_consent' : 'consent_unreadable',
    detail,
    count,
  }
}

const LOGIN = 'spec-kitty auth login --server https://a.example'

/** Every reason for a closed gate, in the order in which they are checked. */
const CLOSED: Readonly<Record<ClosedReason, readonly [sentence: string, command: string]>> = {
  hosted_sync_disabled: [
    'hosted sync is off (SPEC_KITTY_ENABLE_SAAS_SYNC)',
    'the command depends on the daemon',
  ],
  config_unreadable: ['the configuration is wrong', 'spec-kitty config list'],
  session_unreadable: ['the session cannot be read', LOGIN],
  no_session: ['you are not signed in', LOGIN],
  no_server: ['no usable server is set', LOGIN],
  insecure_server: ['the server is not safe to send to', 'spec-kitty config list'],
  other_server: ['the session is for another server', LOGIN],
  session_refused: ['the server refused the session', LOGIN],
}

it('nothing leaves because the queue cannot be read, whatever else is known', () => {
  for (const changes of [{}, { isDaemonRunning: false }, { nextAttemptAt: '2026-01-01T00:00:00Z' }]) {
    expect(whyNothingLeaves(standing({ ...changes, queued: 0, queueProblem: 'it is a directory' }))).toEqual({
      reason: 'queue_unusable',
      sentence: 'it is a directory',
      command: 'spec-kitty explain queue_unusable',
      isAll: true,
      // A daemon that has the file open may go on.
      ...('isDaemonRunning' in changes ? {} : { lead: 'events may stay here' }),
    })
  }
})

it('a disk that is full for a daemon may have room enough to send what waits', () => {
  const full = { isDaemonRunning: false, homeProblem: 'the disk that holds /h is full' }
  expect(whyNothingLeaves(standing({ ...full, isDiskFull: true }))?.lead).toBe('events may stay here')
  expect(whyNothingLeaves(standing(full))?.lead).toBe(undefined)
})

it('what can be read of a damaged queue is saved by a command that people see', () => {
  const why = whyNothingLeaves(standing({ queueProblem: 'it is damaged', isQueueDamaged: true }))
  expect(why).toMatchObject({
    command: 'spec-kitty explain queue_unusable',
    shown: 'spec-kitty sync queue --export FILE  # puts it aside, and saves what can be read of it',
  })
})

describe('what is wrong on this machine comes before a sign-in:', () => {
  const gate: Gate = { state: 'closed', reason: 'no_session', detail: null }
  const reasons = (changes: Partial<Standing>) => {
    const all = standing({ gate, obstacles: [gate], isDaemonRunning: false, ...changes })
    return [whyNothingLeaves(all)?.reason, ...furtherReasons(all).map(({ reason }) => reason)]
  }

  it.each([0, 5])(
    'a daemon that does not answer, and a queue that cannot be read (%i events wait)',
    (queued) => {
      expect(reasons({ queued, wedgedStop: 'spec-kitty sync stop', queueProblem: 'it is damaged' })).toEqual([
        'daemon_wedged',
        'queue_unusable',
        'no_session',
        ...(queued === 0 ? [] : ['no_daemon']),
      ])
    },
  )

  it('a daemon that does not answer is in the way of an empty queue too', () => {
    const wedged = standing({ queued: 0, isDaemonRunning: false, wedgedStop: 'spec-kitty sync stop' })
    expect([whyNothingLeaves(wedged)?.reason, furtherReasons(wedged)]).toEqual(['daemon_wedged', []])
  })
})

describe('nothing leaves, whatever waits and whichever daemon runs, because', () => {
  it.each(Object.keys(CLOSED).filter((one) => one !== 'hosted_sync_disabled') as readonly ClosedReason[])(
    '%s',
    (reason) => {
      const [sentence, command] = CLOSED[reason]
      for (const changes of [{}, { queued: 0 }, { isDaemonRunning: false, held: [held('/p', 5)] }]) {
        const gate: Gate = { state: 'closed', reason, detail: null }
        expect(whyNothingLeaves(standing({ ...changes, gate }))).toEqual({
          reason,
          sentence,
          command,
          isAll: true,
        })
        const told = whyNothingLeaves(standing({ ...changes, gate: { ...gate, detail: 'so it is' } }))
        // The status has a line of its own for what the server said.
        const brief = reason === 'session_refused' ? { brief: sentence } : {}
        expect(told).toEqual({ reason, sentence: `${sentence}: so it is`, ...brief, command, isAll: true })
      }
    },
  )
})

describe('that hosted sync is off is a choice: what turns it on', () => {
  const gate: Gate = { state: 'closed', reason: 'hosted_sync_disabled', detail: null }
  const command = (changes: Partial<Standing>) => whyNothingLeaves(standing({ gate, ...changes }))?.command
  const on = 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1'
  const none = { isDaemonRunning: false }

  it('replaces no daemon but the own one of the same version', () => {
    expect(command({})).toBe('spec-kitty explain rollout_disabled')
    expect(command({ isRestartHarmless: true })).toBe(`${on} && spec-kitty sync restart`)
  })

  it('is a restart where only the daemon was started without it, and that is said', () => {
    const changes = { isRestartHarmless: true, isHostedHere: true }
    expect(whyNothingLeaves(standing({ gate, ...changes }))).toMatchObject({
      sentence: 'hosted sync was off when the sync daemon started',
      command: 'spec-kitty sync restart',
    })
  })

  it('starts a daemon where none runs, as sync now proposes it', () => {
    expect(command(none)).toBe(`${on} && spec-kitty sync now`)
    expect(command({ ...none, queued: 0 })).toBe(`${on} && spec-kitty sync start`)
    expect(command({ ...none, startForbidden: 'SPEC_KITTY_SYNC_DISABLE is set' })).toBe(
      `${on} && spec-kitty sync start`,
    )
    expect(furtherReasons(standing({ gate, ...none }))).toEqual([])
  })

  it('starts no daemon that could send nothing: it is the variable alone, and the start comes last', () => {
    const session = { reason: 'no_session', detail: null } as const
    for (const changes of [
      { obstacles: [gate, session] },
      { held: [held('/p', 5)] },
      { queueProblem: 'it is damaged' },
      { homeProblem: 'it is full' },
    ]) {
      const all = standing({ gate, ...none, ...changes })
      expect(whyNothingLeaves(all)?.command).toBe(on)
      const last = furtherReasons(all).at(-1)?.reason
      expect(last).toBe('homeProblem' in changes ? 'home_unwritable' : 'no_daemon')
    }
    const some = { held: [held('/p', 2)] }
    expect(command({ ...none, ...some })).toBe(`${on} && spec-kitty sync now`)
  })

  it('is the variable alone where something else must be dealt with before a daemon can start', () => {
    for (const changes of [
      { wedgedStop: 'spec-kitty sync stop' },
      { away: 'elsewhere' },
      { disabledBy: 'SYNC_NO_DAEMON' },
    ]) {
      expect(command({ ...none, ...changes })).toBe(on)
      const reasons = furtherReasons(standing({ gate, ...none, ...changes })).map(({ reason }) => reason)
      expect(reasons).toEqual('wedgedStop' in changes ? ['daemon_wedged', 'no_daemon'] : ['no_daemon'])
    }
  })
})

it('a daemon that does not answer is ended first, with the command that ends this one', () => {
  const wedged = standing({ isDaemonRunning: false, wedgedStop: 'spec-kitty sync stop' })
  const why = whyNothingLeaves(wedged)
  expect(why).toMatchObject({
    reason: 'daemon_wedged',
    sentence: 'the sync daemon does not answer',
    command: 'spec-kitty sync stop',
    shown: 'spec-kitty sync stop && spec-kitty sync now',
  })
  expect(furtherReasons(wedged)).toEqual([])
  // Where a new daemon could send nothing, or may not start, none is started.
  const gate: Gate = { state: 'closed', reason: 'no_session', detail: null }
  for (const changes of [{ gate }, { disabledBy: 'SYNC_NO_DAEMON' }, { queued: 0 }])
    expect(whyNothingLeaves({ ...wedged, ...changes })?.shown).toBe(undefined)
  const forced = 'spec-kitty auth doctor --reset --force --port 9400'
  const unproven = { ...wedged, wedgedStop: forced }
  expect(whyNothingLeaves(unproven)).toMatchObject({ command: forced, isAll: true })
  expect(furtherReasons(unproven)).toMatchObject([{ reason: 'no_daemon', command: 'spec-kitty sync now' }])
})

it('a daemon out of reach is not called missing', () => {
  const why = whyNothingLeaves(standing({ isDaemonRunning: false, away: 'elsewhere' }))
  expect(why).toMatchObject({
    reason: 'no_daemon',
    sentence: 'the sync daemon of this home is elsewhere, and no second one is started',
    command: 'spec-kitty explain elsewhere',
  })
})

it('a home that cannot be written to comes before all that would have to be written there', () => {
  const gate: Gate = { state: 'closed', reason: 'no_session', detail: null }
  const homeProblem = '/h is on a read-only file system'
  const changes = { gate, obstacles: [gate], homeProblem, isDaemonRunning: false, queued: 0 }
  expect(whyNothingLeaves(standing(changes))).toMatchObject({
    reason: 'home_unwritable',
    sentence: homeProblem,
    command: 'spec-kitty explain F-021',
  })
  const wayOut = 'free space there'
  expect(whyNothingLeaves(standing({ ...changes, wayOut }))?.before).toBe('free space there; to read more')
  const wayOutCommand = 'chmod u+rwx /h'
  expect(whyNothingLeaves(standing({ ...changes, wayOut, wayOutCommand }))).toMatchObject({
    command: 'spec-kitty explain F-021',
    before: wayOut,
    shown: wayOutCommand,
  })
  // Nothing else can be mended there.
  for (const queueProblem of [null, homeProblem])
    expect(furtherReasons(standing({ ...changes, queueProblem }))).toEqual([])
  const off: Gate = { state: 'closed', reason: 'hosted_sync_disabled', detail: null }
  expect(whyNothingLeaves(standing({ ...changes, gate: off }))?.reason).toBe('hosted_sync_disabled')
  expect(whyNothingLeaves(standing({ ...changes, isDaemonRunning: true }))?.reason).toBe('no_session')
})

it('a session that is closed to its owner is opened, and a directory in its place moved before the sign-in', () => {
  const gate: Gate = { state: 'closed', reason: 'session_unreadable', detail: null }
  const shown = (command: string, isEnough: boolean) =>
    whyNothingLeaves(standing({ gate, sessionCure: { command, isEnough } }))
  expect(shown('chmod u+rw /h/session.json', true)).toMatchObject({
    command: 'spec-kitty explain session_unreadable',
    shown: 'chmod u+rw /h/session.json',
  })
  expect(shown('mv /h/session.json /h/session.json.old', false)?.shown).toBe(
    `mv /h/session.json /h/session.json.old && ${LOGIN}`,
  )
})

it('a sign-in without a server that is known is explained, not named', () => {
  for (const reason of ['no_session', 'session_unreadable', 'other_server', 'session_refused'] as const) {
    const gate: Gate = { state: 'closed', reason, detail: null }
    expect(whyNothingLeaves(standing({ gate, loginServer: null }))?.command).toBe(
      `spec-kitty explain ${reason}`,
    )
  }
})

it('a sign-in without a server that is known is shown with a placeholder to people', () => {
  for (const reason of ['no_session', 'session_unreadable', 'other_server', 'session_refused'] as const) {
    const gate: Gate = { state: 'closed', reason, detail: null }
    expect(whyNothingLeaves(standing({ gate, loginServer: null }))?.shown).toBe(
      'spec-kitty auth login --server https://HOST  # replace HOST: your team knows it',
    )
  }
})

it('a token that the user gave is replaced by another one, which no script knows', () => {
  const gate: Gate = { state: 'closed', reason: 'session_refused', detail: null }
  const login = 'spec-kitty auth login --with-token --server https://a.example'
  expect(whyNothingLeaves(standing({ gate, isTokenGiven: true }))).toMatchObject({
    command: 'spec-kitty explain session_refused',
    shown: `${login}  # asks for a new token: your team has one`,
  })
})

it('a refused session is told with the words of the server, which the status shows on a line of their own', () => {
  const detail = 'the server answered 403 ("not in this team")'
  const gate: Gate = { state: 'closed', reason: 'session_refused', detail }
  expect(whyNothingLeaves(standing({ gate }))).toMatchObject({
    sentence: `${detail}, so nothing is sent with this session`,
    brief: detail,
  })
  // Without words it is only known that the session was refused.
  const silent = 'the server answered 401'
  expect(whyNothingLeaves(standing({ gate: { ...gate, detail: silent } }))).toMatchObject({
    sentence: `the server refused the session: ${silent}`,
    brief: 'the server refused the session',
  })
})

it('a refused session is told with the time since when it was not tried, and what tries it again', () => {
  const refusedAt = '2026-11-28T18:32:10.000Z'
  const detail = 'the server answered 403 with a web page ("Hotel")'
  const gate: Gate = { state: 'closed', reason: 'session_refused', detail }
  const changes = { gate, refusedAt, isRestartHarmless: true, isHostedHere: true }
  expect(whyNothingLeaves(standing(changes))).toMatchObject({
    brief: `${detail}; it has not been tried again since ${clockText(new Date(refusedAt))}`,
    command: LOGIN,
    also: 'spec-kitty sync restart  # only if the session was not at fault: tries again with the same one',
    restsSince: refusedAt,
  })
  // No restart that would take something away, end the daemon of another version, or has changed nothing already.
  for (const other of [
    { restoring: null },
    { isRefusedAgain: true },
    { isRestartHarmless: false, isHostedHere: false },
  ])
    expect(whyNothingLeaves(standing({ ...changes, ...other }))?.also).toBe(undefined)
})

it('a server that is probably the wrong one is left with a token if the session has one', () => {
  const failed = { nextAttemptAt: '2026-11-28T10:00:00.000Z', lastError: 'the server answered 404' } as const
  const about = {
    ...failed,
    lastErrorKind: 'address',
    isServerOfSession: true,
    isDaemonRunning: true,
  } as const
  expect(whyNothingLeaves(standing({ ...about, isTokenGiven: true }))).toMatchObject({
    command: 'spec-kitty sync now',
    also: 'spec-kitty auth login --with-token --server https://HOST  # replace HOST; asks for its token',
  })
})

it('a server that is not safe is corrected where it is set, or left by a sign-in to another one', () => {
  const gate: Gate = { state: 'closed', reason: 'insecure_server', detail: null }
  const why = (isServerOfSession: boolean) =>
    whyNothingLeaves(standing({ gate, isServerOfSession, loginServer: null }))
  expect(why(false)?.command).toBe('spec-kitty config list')
  expect(why(true)).toMatchObject({
    command: 'spec-kitty explain insecure_server',
    shown: expect.stringContaining('auth login --server https://HOST'),
  })
})

describe('a server that is not that of the session', () => {
  const refused = { reason: 'session_refused', detail: 'the server answered 401' } as const
  const other = { reason: 'other_server', detail: 'it is for https://a.example' } as const
  const variable = { kind: 'environment', variable: 'SPEC_KITTY_SAAS_URL' } as const
  const mistyped = {
    loginServer: 'https://b.example',
    sessionServer: 'https://a.example',
    addressSource: variable,
    isHostedHere: true,
  }
  const closed = (one: Obstacle, changes: Partial<Standing>) =>
    whyNothingLeaves(
      standing({ ...mistyped, gate: { state: 'closed', ...one }, obstacles: [one], ...changes }),
    )
  const THERE = 'spec-kitty auth login --server https://b.example'
  const IF_MEANT = 'signs in there, if that server is meant'

  it('is the second to sign in to if the session is over: the first one is its own', () => {
    const over = { reason: 'no_session', detail: 'the session is over' } as const
    expect(closed(over, {})).toMatchObject({
      sentence: 'you are not signed in: the session is over',
      command: 'spec-kitty auth login --server https://a.example',
      also: `${THERE}  # ${IF_MEANT}`,
    })
    for (const one of [{ sessionServer: null }, { sessionServer: 'https://b.example' }])
      expect(closed(over, one)).toMatchObject({ command: THERE })
    expect(closed(over, { sessionServer: null })?.also).toBeUndefined()
  })

  it('is first taken away, where a variable names it', () => {
    const also = `${THERE}  # ${IF_MEANT}`
    expect(closed(other, {})).toMatchObject({
      command: 'unset SPEC_KITTY_SAAS_URL && spec-kitty sync restart',
      also,
    })
    const none = { isDaemonRunning: false }
    expect(closed(other, none)?.command).toBe('unset SPEC_KITTY_SAAS_URL && spec-kitty sync now')
    // Nothing waits, or something else is in the way of a daemon.
    for (const one of [{ queued: 0 }, { obstacles: [other, refused] }])
      expect(closed(other, { ...none, ...one })?.command).toBe('unset SPEC_KITTY_SAAS_URL')
    const token = closed(other, { isTokenGiven: true })
    expect(token?.also).toMatch(
      / --with-token --server https:\/\/b\.example {2}# signs in .* asks for its token$/,
    )
  })

  it('is first corrected in the file', () => {
    const addressSource = { kind: 'file', path: '/h/config.toml', line: 2, column: 1 } as const
    expect(closed(other, { addressSource })).toMatchObject({
      command: 'spec-kitty explain other_server',
      before: 'correct server_url in /h/config.toml, line 2: the session is for https://a.example',
      shown: 'spec-kitty sync now',
      also: `${THERE}  # ${IF_MEANT}`,
    })
  })

  it('does not get the sign-in that the server of the session has refused', () => {
    expect(closed(refused, {})).toMatchObject({
      sentence: 'https://a.example refused the session: the server answered 401',
      command: LOGIN,
    })
    // After a restart with the variable, both are in the way.
    const both = standing({
      ...mistyped,
      gate: { state: 'closed', ...other },
      obstacles: [other, { ...refused, detail: null }],
    })
    expect(whyNothingLeaves(both)?.command).toBe('unset SPEC_KITTY_SAAS_URL && spec-kitty sync restart')
    expect(furtherReasons(both).map(({ command }) => command)).toEqual([LOGIN])
    expect(closed(refused, { loginServer: 'https://a.example' })?.sentence).toMatch(/^the server refused /)
  })
})

describe('a variable with a wrong server', () => {
  const detail = 'SPEC_KITTY_SAAS_URL must be an http or https URL, not "x"'
  const gate: Gate = { state: 'closed', reason: 'config_unreadable', detail }
  const addressSource = { kind: 'environment', variable: 'SPEC_KITTY_SAAS_URL' } as const
  const of = (more: Partial<Standing>) =>
    whyNothingLeaves(standing({ gate, obstacles: [gate], addressSource, isHostedHere: true, ...more }))

  it('is named as what to correct, before the command that then helps', () => {
    expect(of({ isDaemonRunning: false })).toMatchObject({
      command: 'spec-kitty config list',
      before: 'correct SPEC_KITTY_SAAS_URL in this shell, and send what waits',
      shown: 'spec-kitty sync now',
    })
    expect(of({})).toMatchObject({
      before: 'correct SPEC_KITTY_SAAS_URL in this shell, and start the daemon anew',
      shown: 'spec-kitty sync restart',
    })
    const both = [gate, { reason: 'no_session', detail: null }] as const
    expect(of({ isDaemonRunning: false, obstacles: both })).toMatchObject({
      before: 'correct SPEC_KITTY_SAAS_URL in this shell, and look whether it is right',
      shown: 'spec-kitty config list',
    })
    const insecure: Gate = { state: 'closed', reason: 'insecure_server', detail: null }
    expect(of({ gate: insecure, obstacles: [insecure], isDaemonRunning: false })?.before).toContain(
      'correct SPEC_KITTY_SAAS_URL',
    )
  })

  it('is not named if the file is wrong', () => {
    const format: Gate = { ...gate, detail: 'sync.format must be "batch"' }
    expect(of({ gate: format, obstacles: [format] })?.before).toBe(undefined)
  })
})

describe('what only the daemon meets, because it keeps the variables of its start,', () => {
  const all = ['config_unreadable', 'other_server', 'insecure_server', 'no_server'] as const
  const why = (reason: ClosedReason, obstaclesHere: readonly Obstacle[] | null, isHostedHere = true) => {
    const gate: Gate = { state: 'closed', reason, detail: 'so it is' }
    return whyNothingLeaves(standing({ gate, obstacles: [gate], obstaclesHere, isHostedHere }))
  }

  it.each(all)('goes by a restart: %s', (reason) => {
    expect(why(reason, [])).toMatchObject({
      sentence: expect.stringMatching(/^the sync daemon was started with .*: so it is$/),
      command: 'spec-kitty sync restart',
    })
    // Without the switch, the daemon would come back without hosted sync.
    const off = { reason: 'hosted_sync_disabled', detail: null } as const
    expect(why(reason, [off], false)?.command).toBe(
      'export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && spec-kitty sync restart',
    )
  })

  it.each(all)('does not if it is met here too, or something else would be: %s', (reason) => {
    const { sentence, command } = why(reason, null) ?? {}
    expect(command).not.toContain('restart')
    for (const here of [
      [{ reason, detail: 'so it is' }],
      [{ reason: 'config_unreadable', detail: 'it is no URL' }],
    ] as const)
      expect(why(reason, here)).toMatchObject({ sentence, command })
  })

  it('is another matter where a sign-in is missing: that is kept in a file', () => {
    const obstacle = { reason: 'no_session', detail: null } as const
    const gate: Gate = { state: 'closed', ...obstacle }
    expect(whyNothingLeaves(standing({ gate, obstacles: [gate], obstaclesHere: [] }))?.command).toBe(LOGIN)
  })
})

it('a restart is no remedy where what is set here would keep events back', () => {
  const worse = (here: ClosedReason, now: readonly ClosedReason[] = []) =>
    isWorseHere({
      obstacles: now.map((reason) => ({ reason, detail: 'there' })),
      obstaclesHere: [{ reason: here, detail: 'here' }],
    })
  for (const reason of ['config_unreadable', 'insecure_server', 'other_server'] as const)
    expect([reason, worse(reason)]).toEqual([reason, true])
  expect(worse('hosted_sync_disabled')).toBe(false)
  // It is only for another one.
  expect(worse('other_server', ['other_server'])).toBe(false)
  expect(worse('config_unreadable', ['config_unreadable'])).toBe(true)
  expect(isWorseHere({ obstaclesHere: null })).toBe(false)
})

it('a broken file is corrected first, and then the events are sent, which starts a daemon too', () => {
  const gate: Gate = { state: 'closed', reason: 'config_unreadable', detail: 'line 2, column 1: no' }
  const changes = {
    gate,
    obstacles: [gate],
    startForbidden: 'SPEC_KITTY_SYNC_DISABLE is set',
    isDaemonRunning: false,
  }
  const broken = standing({ ...changes, brokenLine: 'line 2 of /home/ann/config.toml' })
  expect(whyNothingLeaves(broken)).toMatchObject({
    command: 'spec-kitty config list',
    before: 'correct line 2 of /home/ann/config.toml, and send what waits',
    shown: 'spec-kitty sync now',
  })
  expect(furtherReasons(broken)).toEqual([])
  // A daemon could send nothing without a session.
  const obstacles = [gate, { reason: 'no_session', detail: null }] as const
  const signedOut = { ...broken, obstacles }
  expect(whyNothingLeaves(signedOut)).toMatchObject({
    before: 'correct line 2 of /home/ann/config.toml, and look whether it is right',
    shown: 'spec-kitty config list',
  })
  expect(furtherReasons(signedOut).map(({ command }) => command)).toEqual([LOGIN, 'spec-kitty sync now'])
  const forbidden = { ...broken, disabledBy: 'FAMILIAR_DISABLE' }
  expect(furtherReasons(forbidden).map(({ command }) => command)).toEqual([
    'unset FAMILIAR_DISABLE && spec-kitty sync now',
  ])
  expect(furtherReasons(standing(changes)).map(({ reason }) => reason)).toEqual(['no_daemon'])
})

it('a daemon that no command may start is started by the user', () => {
  const none = { isDaemonRunning: false, startForbidden: 'SPEC_KITTY_SYNC_DISABLE is set' }
  expect(whyNothingLeaves(standing(none))).toMatchObject({
    reason: 'no_daemon',
    command: 'spec-kitty sync start',
  })
})

describe('where the gate is open', () => {
  it('nothing is in the way of nothing', () => {
    expect(whyNothingLeaves(standing({ queued: 0, isDaemonRunning: false }))).toBe(null)
    expect(whyNothingLeaves(standing())).toBe(null)
  })

  it('a project without consent is in the way, and named as a shell takes it', () => {
    expect(whyNothingLeaves(standing({ held: [held("/it's", 5)], isDaemonRunning: false }))).toEqual({
      reason: 'no_consent',
      sentence: "/it's has not opted in",
      command: "spec-kitty sync opt-in '/it'\\''s'",
      isAll: true,
      lead: 'what waits stays',
    })
  })

  it('a consent that cannot be read is in the way, with the reason', () => {
    expect(whyNothingLeaves(standing({ held: [held('/p', 5, 'line 3, column 1: no')] }))).toEqual({
      reason: 'consent_unreadable',
      sentence: 'the consent of /p cannot be read: line 3, column 1: no',
      command: 'spec-kitty explain consent_unreadable',
      isAll: true,
      lead: 'what waits stays',
    })
    const mendable = { ...held('/p', 5, 'line 3, column 1: no'), isMendable: true }
    expect(whyNothingLeaves(standing({ held: [mendable] }))?.command).toBe('spec-kitty sync opt-in /p')
  })

  it('a project that was moved or deleted is in the way, and no command names a place that is not there', () => {
    expect(whyNothingLeaves(standing({ held: [{ ...held('/p', 5), reason: 'project_missing' }] }))).toEqual({
      reason: 'project_missing',
      sentence: '/p is not there any more',
      command: 'spec-kitty explain project_missing',
      isAll: true,
      lead: 'what waits stays',
    })
  })

  it('another project is in the directory: the reason says whose events these are', () => {
    const detail = 'these events are of project 1, and project 2 is there now'
    const other = { ...held('/p', 5, detail), reason: 'other_project' } as const
    expect(whyNothingLeaves(standing({ held: [other] }))).toEqual({
      reason: 'other_project',
      sentence: `another project is in /p now: ${detail}`,
      command: 'spec-kitty explain other_project',
      isAll: true,
      lead: 'what waits stays',
    })
  })

  it('and each project that is held for another reason is named with its own command', () => {
    const gone = { ...held('/p', 2), reason: 'project_missing' } as const
    const all = standing({ held: [gone, held('/q', 2), held('/r', 1)] })
    expect([whyNothingLeaves(all), ...furtherReasons(all)].map((one) => one?.command)).toEqual([
      'spec-kitty explain project_missing',
      'spec-kitty sync opt-in /q',
      'spec-kitty sync opt-in /r',
    ])
  })

  it('several projects are counted', () => {
    const two = [held('/p', 3), held('/q', 2)]
    expect(whyNothingLeaves(standing({ held: two }))?.sentence).toBe(
      '/p has not opted in, and 1 more project may not send',
    )
    const three = [held('/p', 3), held('/q', 1), held('/r', 1)]
    expect(whyNothingLeaves(standing({ held: three }))?.sentence).toContain('2 more projects may not send')
  })

  it('up to three are named, each with its own command, and only the others are counted', () => {
    const held = ['/p', '/q', '/r', '/s'].map((project) => ({
      project,
      reason: 'no_consent' as const,
      detail: null,
      count: 1,
    }))
    const all = standing({ queued: 4, held })
    const first = whyNothingLeaves(all)
    expect(first).toMatchObject({
      sentence: '/p has not opted in, and 3 more projects may not send',
      brief: '/p has not opted in, and 1 more project may not send',
    })
    expect([first, ...furtherReasons(all)].map((one) => one?.command)).toEqual(
      ['/p', '/q', '/r'].map((one) => `spec-kitty sync opt-in ${one}`),
    )
    expect(whyNothingLeaves(standing({ queued: 9, held: held.slice(0, 2) }))?.brief).toBe(
      '2 of 9 events stay: /p has not opted in',
    )
  })

  it('some of it stays: that is said too, and the daemon comes first', () => {
    const some = { held: [held('/p', 2)] }
    expect(whyNothingLeaves(standing(some))).toMatchObject({
      sentence: '2 of 5 events stay: /p has not opted in',
      isAll: false,
    })
    expect(whyNothingLeaves(standing({ ...some, isDaemonRunning: false }))?.reason).toBe('no_daemon')
  })

  it('a daemon is missing', () => {
    expect(whyNothingLeaves(standing({ isDaemonRunning: false }))).toEqual({
      reason: 'no_daemon',
      sentence: 'no sync daemon runs',
      command: 'spec-kitty sync now',
      isAll: true,
    })
  })

  it('a daemon is missing, and a setting keeps commands from starting one', () => {
    const startForbidden = 'background_daemon in config.toml is "manual"'
    const none = standing({ isDaemonRunning: false, startForbidden })
    expect(whyNothingLeaves(none)).toEqual({
      reason: 'no_daemon',
      sentence: `no sync daemon runs, and none starts by itself: ${startForbidden}`,
      command: 'spec-kitty sync start',
      isAll: true,
    })
    // A file that is broken forbids it only until it is corrected.
    expect(whyNothingLeaves({ ...none, brokenLine: 'line 2 of config.toml' })?.sentence).toBe(
      'no sync daemon runs',
    )
  })

  it('the daemon waits after a failure', () => {
    const at = { lastError: 'status 503', nextAttemptAt: '2026-11-26T12:00:00.000Z' }
    expect(whyNothingLeaves(standing(at))).toEqual({
      reason: 'backing_off',
      sentence:
        'the last attempt failed: status 503; the next one is at ' +
        clockText(new Date('2026-11-26T12:00:00.000Z')),
      command: 'spec-kitty sync now',
      shown: 'spec-kitty sync now  # tries at once; nothing to do if the server comes back',
      brief: 'the last attempt failed',
      isAll: true,
    })
  })

  describe('a failure that no wait mends has a remedy of its own:', () => {
    const failed = (changes: Partial<Standing>) =>
      whyNothingLeaves(
        standing({
          lastError: 'the server answered 404',
          lastErrorKind: 'address',
          nextAttemptAt: '2026-11-26T12:00:00.000Z',
          isHostedHere: true,
          ...changes,
        }),
      )

    it('the address may be wrong, which is corrected where it is set, or by a sign-in', () => {
      const brief = 'the last attempt failed; the address of the server may be wrong'
      expect(failed({})).toMatchObject({
        brief,
        sentence: expect.stringContaining('answered 404; the address of the server may be wrong; the next'),
        command: 'spec-kitty sync now',
        shown: 'spec-kitty sync now  # tries at once; the daemon tries again by itself',
        also: 'spec-kitty config list  # shows where the address is set: correct it there',
      })
      expect(failed({ isServerOfSession: true })).toMatchObject({
        brief,
        also: expect.stringContaining('spec-kitty auth login --server https://HOST'),
      })
      // It may be the page of a network that wants the user to agree to something first.
      for (const page of ['200 with a web page ("Hotel")', '301, a redirect to /login'])
        expect(failed({ lastError: `the server answered ${page}` })?.shown).toBe(
          "spec-kitty sync now  # tries at once; useful after a network's own sign-in page; the daemon tries again by itself",
        )
      for (const lastErrorKind of ['answer', 'connection', null] as const)
        expect(failed({ lastErrorKind })?.command).toBe('spec-kitty sync now')
      // Where nothing answered, only the user knows whether the server is down.
      const doubted = 'the last attempt failed; if the server is up, its address may be wrong'
      expect(failed({ lastErrorKind: 'connection' })).toMatchObject({
        brief: doubted,
        also: 'spec-kitty config list  # shows where the address is set: correct it there',
      })
      expect(failed({ lastErrorKind: 'connection', isServerOfSession: true })?.also).toBe(
        'spec-kitty auth login --server https://HOST  # replace HOST: your team knows it',
      )
      expect(failed({ lastErrorKind: 'answer' })?.also).toBe(undefined)
      // Only the daemon can be given other certificates or another proxy, and only by a shell that has them.
      const untrusted = {
        lastErrorKind: 'environment',
        lastError: 'h: its certificate is not trusted',
      } as const
      const file =
        'export NODE_EXTRA_CA_CERTS=FILE && spec-kitty sync restart  # FILE: the certificate of its issuer'
      expect(failed(untrusted)).toMatchObject({ command: 'spec-kitty explain backing_off', shown: file })
      // A restart takes nothing away that the daemon has; if that is not possible, none is proposed.
      const restoring = 'export SSL_CERT_FILE=/a.pem && '
      expect(failed({ ...untrusted, restoring })?.shown).toBe(`${restoring}${file}`)
      expect(failed({ ...untrusted, restoring: null })).toMatchObject({
        command: 'spec-kitty explain backing_off',
      })
      expect(failed({ ...untrusted, restoring: null })?.shown).toBe(undefined)
      expect(failed({ lastErrorKind: 'environment', lastError: 'HTTPS_PROXY, p: refused' })?.shown).toBe(
        'env -u https_proxy -u HTTPS_PROXY spec-kitty sync restart  # without HTTPS_PROXY; if a proxy is needed, set it right in this shell instead',
      )
      // No address and no variable helps against a certificate that is out of its time.
      const dated = failed({ lastErrorKind: 'certificate', otherAtStart: ['NODE_EXTRA_CA_CERTS'] })
      expect([dated?.brief, dated?.shown, dated?.also]).toEqual([
        'the last attempt failed',
        'spec-kitty sync now  # tries at once; the daemon tries again by itself',
        undefined,
      ])
      // What is wrong with the queue is not the server's.
      expect(failed({ lastErrorKind: 'queue' })?.shown).toBe('spec-kitty sync now  # tries at once')
      const other = 'spec-kitty config list  # shows what is set here, which is not what the sync daemon has'
      expect(failed({ isOtherAddress: true })?.also).toBe(other)
      expect(failed({ lastErrorKind: 'answer' })?.brief).toBe('the last attempt failed')
    })

    it('one event fails alone: it is named, and only what waits behind it stays', () => {
      const stuckError =
        'the server answers 500 to event e-7 even when it is sent by itself; the events of this project behind it wait'
      const stuck = failed({ stuckError, stuckEventId: 'e-7', lastError: null, lastErrorKind: null })
      expect(stuck).toMatchObject({
        reason: 'backing_off',
        sentence: expect.stringContaining(`${stuckError}; the next attempt is at `),
        brief: stuckError,
        lead: 'what waits stays',
        command: 'spec-kitty sync now',
        shown:
          'spec-kitty sync now  # tries at once; if that goes on, tell those who run the server the id of the event',
        also: 'spec-kitty sync queue drop e-7  # removes that event for ever, so that those behind it leave; sync queue --export FILE keeps a copy',
      })
      const odd = failed({ stuckError, stuckEventId: '-e 7', lastError: null, lastErrorKind: null })
      expect(odd?.also).toContain("sync queue drop -- '-e 7'  #")
    })

    it('one event fails alone and no other was sent: nothing may be needed', () => {
      const lastError =
        'the server answers 503 to event e-7 even when it is sent by itself; the cause is the server, or this event'
      expect(failed({ lastError, lastErrorKind: 'answer' })).toMatchObject({
        sentence: expect.stringContaining(`the last attempt failed: ${lastError}; the next one is at `),
        shown:
          'spec-kitty sync now  # tries at once; nothing to do if the server comes back; if that goes on, tell those who run the server the id of the event',
      })
    })

    it('what the server asked for, or keeps, is no failure', () => {
      const asked = failed({ lastErrorKind: 'wait' })
      expect(asked).toMatchObject({
        brief: 'the server asked to wait',
        command: 'spec-kitty explain backing_off',
        shown: 'spec-kitty explain backing_off  # nothing to do: the daemon tries again then',
      })
      expect([asked?.sentence, asked?.also]).toEqual([
        expect.stringMatching(/^the server asked to wait: the server answered 404; the next attempt is at /),
        undefined,
      ])
      const kept = failed({ lastErrorKind: 'kept' })
      expect([kept?.brief, kept?.command]).toEqual([
        'the server has not taken all events yet',
        'spec-kitty sync now',
      ])
    })

    it('the format may be what a server does not know, if it is not the default', () => {
      const gate: Gate = { ...OPEN, format: 'cloudevents' }
      for (const isServerOfSession of [true, false])
        expect(failed({ gate, isServerOfSession })).toMatchObject({
          brief:
            'the last attempt failed; sync.format is "cloudevents", which this server may not know, or its address may be wrong',
          command: 'spec-kitty sync now',
          also: 'spec-kitty config list  # shows where sync.format and the address are set: correct what is wrong there',
        })
    })

    it.for([
      'h: it does not speak TLS as it should (EPROTO)',
      'h: the connection was closed before it spoke TLS (ECONNRESET)',
    ])('a server that answers without TLS is not told to have an https address again: %s', (lastError) => {
      const gate: Gate = { ...OPEN, serverUrl: 'https://127.0.0.1:7000/a/' }
      const plain = { gate, lastError, lastErrorKind: 'connection' } as const
      const brief = 'the last attempt failed; if it speaks only http, its address must begin with http://'
      expect(failed({ ...plain, isServerOfSession: true })).toMatchObject({
        brief,
        command: 'spec-kitty sync now',
        also: 'spec-kitty auth login --server http://127.0.0.1:7000/a',
      })
      expect(failed(plain)).toMatchObject({
        brief,
        also: 'spec-kitty config list  # shows where the address is set: write http:// there',
      })
      // Only the scheme is wrong, so no new token is needed.
      expect(failed({ ...plain, isServerOfSession: true, isTokenGiven: true })?.also).toBe(
        'spec-kitty auth login --with-token --server http://127.0.0.1:7000/a  # asks for the token: the same one',
      )
      // Only this machine may be spoken to without TLS.
      expect(failed({ ...plain, gate: OPEN, isServerOfSession: true })).toMatchObject({
        brief:
          'the last attempt failed; it may have no TLS, without which events go to no other machine than this one, or its port may be wrong',
        also: expect.stringContaining('https://HOST'),
      })
    })

    it('a server that closes a connection without TLS may expect TLS', () => {
      const lastError = '127.0.0.1:7000: the connection was closed before the whole answer (ECONNRESET)'
      const cut = { lastError, lastErrorKind: 'connection' } as const
      const gate: Gate = { ...OPEN, serverUrl: 'http://127.0.0.1:7000' }
      const hint = 'if it speaks TLS, it must begin with https://'
      expect(failed({ ...cut, gate })?.brief).toContain(hint)
      expect(failed(cut)?.brief).not.toContain(hint)
    })

    it('a connection that the daemon was started with otherwise is taken over from here', () => {
      for (const variable of ['SPEC_KITTY_SAAS_URL', 'HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS'])
        for (const lastErrorKind of ['address', 'connection'] as const) {
          const other = { lastErrorKind, otherAtStart: [variable] }
          expect(failed(other)).toMatchObject({
            brief: `the last attempt failed; the sync daemon was started with another ${variable}`,
            command: 'spec-kitty sync restart',
          })
          expect(failed({ ...other, isRestartHarmless: true, isHostedHere: false })?.command).toBe(
            'export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && spec-kitty sync restart',
          )
          const kept = 'export SSL_CERT_FILE=/a.pem && '
          expect(failed({ ...other, restoring: kept })?.command).toBe(`${kept}spec-kitty sync restart`)
          expect(failed({ ...other, restoring: null })?.command).not.toContain('restart')
          // It may be the daemon of another version, and sync is off here; or what is set here is wrong.
          const wrong = [{ reason: 'config_unreadable', detail: null }] as const
          for (const change of [{ isHostedHere: false }, { obstaclesHere: wrong }])
            expect(failed({ ...other, ...change })?.command).not.toContain('restart')
        }
      const answered = { lastErrorKind: 'answer', otherAtStart: ['HTTPS_PROXY'] } as const
      expect(failed(answered)?.command).toBe('spec-kitty sync now')
    })
  })
})

describe('what keeps events here once the first reason is mended', () => {
  const obstacles = [
    { reason: 'hosted_sync_disabled', detail: null },
    { reason: 'no_session', detail: null },
    { reason: 'insecure_server', detail: 'it is http' },
  ] as const
  const closed = (count: number): Partial<Standing> => ({
    gate: { state: 'closed', ...(obstacles[obstacles.length - count] ?? obstacles[0]) },
    obstacles: obstacles.slice(-count),
  })
  const reasons = (changes: Partial<Standing>) => {
    const all = standing(changes)
    return [whyNothingLeaves(all)?.reason, ...furtherReasons(all).map(({ reason }) => reason)]
  }

  it('is every other reason once, in the order in which they are met', () => {
    const changes = { held: [held('/a', 2), held('/b', 3)], isDaemonRunning: false }
    expect(reasons({ ...changes, ...closed(3) })).toEqual([
      'hosted_sync_disabled',
      'no_session',
      'insecure_server',
      // Each project has its own command.
      'no_consent',
      'no_consent',
      'no_daemon',
    ])
    expect(reasons({ ...changes, ...closed(2) })).toEqual([
      'no_session',
      'insecure_server',
      'no_consent',
      'no_consent',
      'no_daemon',
    ])
    expect(reasons(changes)).toEqual(['no_consent', 'no_consent', 'no_daemon'])
    expect(reasons({ ...closed(1), queueProblem: 'it is a directory' })).toEqual([
      'queue_unusable',
      'insecure_server',
    ])
  })

  it('is nothing where one reason is all, or where there is none', () => {
    expect(reasons({ isDaemonRunning: false })).toEqual(['no_daemon'])
    expect(reasons({ held: [held('/a', 2)] })).toEqual(['no_consent'])
    expect(furtherReasons(standing())).toEqual([])
  })

  it('is no matter of events where none wait', () => {
    expect(reasons({ ...closed(2), queued: 0, isDaemonRunning: false })).toEqual([
      'no_session',
      'insecure_server',
    ])
  })
})

it('a variable that forbids the daemon is what has to go, not a command that it would stop too', () => {
  const why = whyNothingLeaves(standing({ isDaemonRunning: false, disabledBy: 'FAMILIAR_DISABLE' }))
  expect(why).toMatchObject({
    reason: 'no_daemon',
    sentence: 'no sync daemon runs, and FAMILIAR_DISABLE forbids to start one',
    command: 'unset FAMILIAR_DISABLE && spec-kitty sync now',
  })
})

it('all variables that forbid the daemon are named, and unset by one command', () => {
  const disabling = ['FAMILIAR_DISABLE', 'SYNC_NO_DAEMON', 'SPEC_KITTY_SYNC_DISABLE']
  const changes = { isDaemonRunning: false, disabledBy: 'FAMILIAR_DISABLE', disabling }
  expect(whyNothingLeaves(standing(changes))).toMatchObject({
    sentence: `no sync daemon runs, and FAMILIAR_DISABLE, SYNC_NO_DAEMON and SPEC_KITTY_SYNC_DISABLE forbid to start one`,
    command: `unset ${disabling.join(' ')} && spec-kitty sync now`,
  })
  // Even without them, only the user may start one.
  expect(whyNothingLeaves(standing({ ...changes, isManual: true }))?.command).toBe(
    `unset ${disabling.join(' ')} && spec-kitty sync start`,
  )
})

it('JSON has the command that people see beside the one that a script can run', () => {
  const gate: Gate = { state: 'closed', reason: 'no_session', detail: null }
  expect(whyDocument(whyNothingLeaves(standing({ gate, loginServer: null })))).toMatchObject({
    command: 'spec-kitty explain no_session',
    command_shown: 'spec-kitty auth login --server https://HOST',
  })
  expect(whyDocument(whyNothingLeaves(standing({ isDaemonRunning: false })))).toMatchObject({
    command: 'spec-kitty sync now',
    command_shown: 'spec-kitty sync now',
  })
})

it('keeps the reason of the last failure and its command while the next attempt runs', () => {
  const failed = { lastError: 'the server answered 301', lastErrorKind: 'connection' } as const
  const waiting = whyNothingLeaves(standing({ ...failed, nextAttemptAt: '2026-01-01T00:00:00Z' }))
  const trying = whyNothingLeaves(standing({ ...failed, isTryingAgain: true }))
  expect(trying).toEqual({ ...waiting, sentence: expect.stringMatching(/301; .*; it tries again now$/) })
  expect(whyNothingLeaves(standing(failed))).toBe(null)
})

it('says that a queue that failed on a full disk needs room first', () => {
  const failed = {
    lastError: 'the disk is full',
    lastErrorKind: 'queue',
    nextAttemptAt: '2026-01-01T00:00:00Z',
  } as const
  expect(
    whyNothingLeaves(standing({ ...failed, isDiskFull: true, wayOut: 'free space there' })),
  ).toMatchObject({
    before: 'free space there; then',
    command: 'spec-kitty sync now',
  })
  expect(whyNothingLeaves(standing(failed))).not.toHaveProperty('before')
})

it('says of a project that has withdrawn its consent that it has', () => {
  const out: HeldProject = { project: '/p', reason: 'no_consent', detail: 'has opted out', count: 5 }
  expect(whyNothingLeaves(standing({ held: [out] }))?.sentence).toBe('/p has opted out')
})
