import { expect, it } from 'vitest'
import { workFindings } from '../../src/doctor/work-findings.js'
import { settingsOf } from '../../src/sync/settings-table.js'
import type { WhyReason } from '../../src/sync/why-types.js'
import type { WorkView } from '../../src/sync/work-view.js'

const SETTINGS = settingsOf('/h', {}, { state: 'absent' })

const VIEW = {
  isDaemonRunning: true,
  report: { running: null },
  gate: { state: 'open', serverUrl: 'https://a.example', format: 'batch' },
  queue: { queued: 1, oldestAt: new Date(0).toISOString(), deadLetters: 0, held: [] },
  queueProblem: null,
  lost: null,
  maxQueueSize: 2,
  why: null,
  further: [],
  settings: SETTINGS,
  damagedQueues: [],
  isQueueDamaged: false,
  homeProblem: null,
  homeCommand: null,
  diskProblem: null,
  isSendingAnyway: false,
  isHostedHere: true,
  obstacles: [],
} as unknown as WorkView

function idsOf(changes: Partial<WorkView>, now = 0): readonly string[] {
  return workFindings({ ...VIEW, ...changes }, null, now).map(({ id }) => id)
}

function because(reason: WhyReason): Partial<WorkView> {
  return { why: { reason, sentence: 'so it is', command: 'spec-kitty sync status', isAll: true } }
}

it('says in the words of the status that nothing leaves although it should', () => {
  for (const reason of ['other_server', 'insecure_server', 'backing_off'] as const) {
    const [found] = workFindings({ ...VIEW, ...because(reason) }, null, 0)
    expect(found).toMatchObject({ id: 'F-018', severity: 'warn', summary: 'nothing leaves: so it is' })
  }
})

it('says that the server has not answered for long, as status does, until nothing waits', () => {
  const at = new Date(0).toISOString()
  const report = {
    running: true,
    requestSince: at,
    requestServer: 'https://a.example',
    requestConnected: true,
    requestBytes: 0,
  } as unknown as WorkView['report']
  expect(idsOf({ report }, 2_000)).toEqual([])
  expect(workFindings({ ...VIEW, report }, null, 6_000)).toMatchObject([
    {
      id: 'F-018',
      severity: 'info',
      summary:
        '1 event queued: sending to https://a.example, which has not answered for 6 s; the attempt ends after 60 s',
    },
  ])
  const queue = { queued: 0, oldestAt: null, deadLetters: 0, held: [] }
  expect(idsOf({ report, queue }, 6_000)).toEqual([])
})

it('takes a session that the server refused as seriously as none, however long events have waited', () => {
  for (const now of [0, 48 * 3_600_000])
    for (const [isHostedHere, severity] of [
      [true, 'critical'],
      [false, 'warn'],
    ] as const) {
      const [found] = workFindings({ ...VIEW, ...because('session_refused'), isHostedHere }, null, now)
      expect([found?.id, found?.severity]).toEqual([now === 0 ? 'F-018' : 'F-009', severity])
    }
})

it('does not promise that a server takes the events which does not answer', () => {
  const now = 'spec-kitty sync now'
  const shown = `${now}  # tries at once; nothing to do if the server comes back`
  const why = { reason: 'backing_off', sentence: 'so it is', command: now, shown, isAll: true } as const
  for (const form of ['people', 'script'] as const)
    expect(workFindings({ ...VIEW, why }, null, 0, form)[0]?.remediation).toMatchObject({
      commands: [now],
      description: 'tries at once; nothing to do if the server comes back',
    })
})

it('says what corrects the address, after what tries at once, if nothing answers there', () => {
  const shown = 'spec-kitty sync now  # tries at once; nothing to do if the server comes back'
  const also = 'spec-kitty config list  # shows where the address is set: correct it there'
  const why = { ...because('backing_off').why, command: 'spec-kitty sync now', shown, also } as const
  expect(workFindings({ ...VIEW, why } as WorkView, null, 0, 'people')[0]?.remediation).toMatchObject({
    commands: ['spec-kitty sync now', 'spec-kitty config list'],
    description:
      'tries at once; nothing to do if the server comes back; if the address is wrong, the second command shows where the address is set: correct it there',
  })
})

it('says nothing twice', () => {
  const told = ['no_session', 'queue_unusable', 'daemon_wedged', 'home_unwritable']
  for (const reason of told as readonly WhyReason[]) expect(idsOf(because(reason))).toEqual([])
  expect(idsOf(because('session_refused'), 48 * 3_600_000)).toEqual(['F-009'])
})

it('says that nobody is signed in if hosted sync is on only for the daemon: F-001 takes it for a choice then', () => {
  const off = { ...because('no_session'), isHostedHere: false }
  const [found] = workFindings({ ...VIEW, ...off }, null, 0)
  expect(found).toMatchObject({ id: 'F-018', severity: 'warn', summary: 'nothing leaves: so it is' })
  const queue = { queued: 0, oldestAt: null, deadLetters: 0, held: [] }
  expect(idsOf({ ...off, queue })).toEqual([])
})

it('says that the daemon was started with a wrong setting: what is wrong here is another finding', () => {
  const because = { reason: 'config_unreadable', sentence: 'so it is', isAll: true } as const
  const restart = { ...because, command: 'spec-kitty sync restart' }
  const settings = (...problems: string[]) => ({ ...SETTINGS, problems })
  const [found] = workFindings({ ...VIEW, why: restart }, null, 0)
  expect(found).toMatchObject({
    id: 'F-018',
    severity: 'warn',
    summary: 'nothing leaves: so it is',
    remediation: { commands: ['spec-kitty sync restart'], safe: false },
  })
  expect(idsOf({ why: restart, settings: settings('a key is misspelt') })).toEqual(['F-012', 'F-018'])
  const list = { ...because, command: 'spec-kitty config list' }
  expect(idsOf({ why: list, settings: settings('it is wrong') })).toEqual(['F-012'])
  expect(idsOf({ why: list })).toEqual(['F-018'])
})

it('calls the same settings wrong as config list: an address that no token is sent to is F-012, not F-018', () => {
  const settings = settingsOf('/h', { SPEC_KITTY_SAAS_URL: 'http://plain.example' }, { state: 'absent' })
  const problem = 'SPEC_KITTY_SAAS_URL: http://plain.example is neither https nor http to a loopback address'
  const found = (changes: Partial<WorkView>) => workFindings({ ...VIEW, settings, ...changes }, null, 0)
  const off = { isHostedHere: false, ...because('hosted_sync_disabled'), queue: null }
  expect(found(off)).toMatchObject([
    {
      id: 'F-012',
      severity: 'warn',
      summary: `${problem}; write https://...`,
      remediation: { commands: ['spec-kitty config list'], safe: true },
    },
  ])
  expect(found(because('insecure_server'))).toMatchObject([
    {
      id: 'F-012',
      summary: `${problem}; write https://...; nothing leaves until that is corrected`,
    },
  ])
})

it('says of a wrong setting whether it keeps events here', () => {
  const settings = { ...SETTINGS, problems: ['it is wrong'] }
  const summaryFor = (reason: WhyReason, command: string) =>
    workFindings({ ...VIEW, settings, why: { reason, sentence: '', command, isAll: true } }, null, 0)[0]
      ?.summary
  const list = 'spec-kitty config list'
  expect(summaryFor('config_unreadable', list)).toBe('it is wrong; nothing leaves until that is corrected')
  expect(summaryFor('config_unreadable', 'spec-kitty sync restart')).toBe('it is wrong')
  expect(summaryFor('no_session', list)).toBe('it is wrong')
})

it('says that events wait where the user chose so: that is worth knowing, and no problem', () => {
  for (const [reason, isHostedHere] of [
    ['hosted_sync_disabled', false],
    ['no_consent', true],
  ] as const) {
    const [found] = workFindings({ ...VIEW, ...because(reason), isHostedHere }, null, 0)
    expect(found).toMatchObject({ id: 'F-018', severity: 'info', summary: '1 event waits: so it is' })
    const queue = { queued: 0, oldestAt: null, deadLetters: 0, held: [] }
    expect(idsOf({ ...because(reason), isHostedHere, queue })).toEqual([])
  }
})

it('says once that the home is that of another user, and not that its queue is to be mended', () => {
  const problem = '/h belongs to ann, you are root: set SPEC_KITTY_HOME to a directory of your own'
  const theirs = { homeProblem: problem, queueProblem: problem, queue: null, isDaemonRunning: false }
  expect(workFindings({ ...VIEW, ...theirs }, null, 0)).toMatchObject([{ id: 'F-021', summary: problem }])
  expect(idsOf({ ...theirs, queueProblem: 'the queue is damaged' })).toEqual(['F-021', 'F-017'])
})

it('says so too while a daemon runs, and shows people the command that opens a directory of their own', () => {
  const problem = '/h/daemons/sync cannot be written to (EACCES)'
  const closed = { homeProblem: problem, homeCommand: 'chmod u+rwx /h/daemons/sync', queueProblem: problem }
  for (const isDaemonRunning of [true, false]) {
    const found = (form: 'people' | 'script') =>
      workFindings({ ...VIEW, ...closed, queue: null, isDaemonRunning }, null, 0, form)
    expect(found('people')).toMatchObject([
      { id: 'F-021', summary: problem, remediation: { commands: ['chmod u+rwx /h/daemons/sync'] } },
    ])
    expect(found('script')).toMatchObject([{ remediation: { commands: ['spec-kitty explain F-021'] } }])
  }
})

it('warns of a project whose directory is gone, whatever else waits: nothing was chosen there', () => {
  const gone = {
    reason: 'project_missing',
    sentence: '/p is not there any more',
    command: 'spec-kitty explain project_missing',
    isAll: true,
  } as const
  const { why } = because('no_consent')
  for (const [changes, summary] of [
    [{ why: gone }, 'nothing leaves: /p is not there any more'],
    [{ why: { ...gone, isAll: false } }, '/p is not there any more'],
    [{ why, further: [gone] }, 'events stay: /p is not there any more'],
    [{ why: { ...gone, reason: 'other_project' } }, 'nothing leaves: /p is not there any more'],
    [{ why, further: [{ ...gone, reason: 'other_project' }] }, 'events stay: /p is not there any more'],
  ] as const) {
    const [found] = workFindings({ ...VIEW, ...changes } as WorkView, null, 0)
    expect(found).toMatchObject({
      id: 'F-018',
      severity: 'warn',
      summary,
      remediation: { commands: [gone.command], safe: true },
    })
  }
})

it('says that a daemon was started without hosted sync that is on here', () => {
  const [found] = workFindings({ ...VIEW, ...because('hosted_sync_disabled') }, null, 0)
  expect(found).toMatchObject({ id: 'F-018', severity: 'warn', summary: 'nothing leaves: so it is' })
})

it('shows people the command of the status, and scripts the one that needs no terminal', () => {
  const why = {
    reason: 'session_refused',
    sentence: 'so it is',
    command: 'spec-kitty explain session_refused',
    shown:
      'spec-kitty auth login --with-token --server https://a.example  # asks for a new token: your team has one',
    isAll: true,
  } as const
  const remedyIn = (form: 'people' | 'script') =>
    workFindings({ ...VIEW, why }, null, 0, form)[0]?.remediation
  expect(remedyIn('script')).toMatchObject({
    commands: [why.command],
    description: 'says what can be done',
    safe: true,
  })
  expect(remedyIn('people')).toMatchObject({
    commands: ['spec-kitty auth login --with-token --server https://a.example'],
    description: 'signs in, and asks for a new token: your team has one',
  })
})

it('says of no command that may end or replace a daemon, or lets events leave, that it is safe', () => {
  for (const [reason, command, safe] of [
    ['daemon_wedged', 'spec-kitty sync stop', false],
    ['hosted_sync_disabled', 'spec-kitty sync restart', false],
    ['hosted_sync_disabled', 'spec-kitty explain rollout_disabled', true],
    ['no_consent', 'spec-kitty sync opt-in /p', false],
  ] as const) {
    const why = { reason, sentence: 'so it is', command, isAll: true }
    const [found] = workFindings({ ...VIEW, why }, null, 48 * 3_600_000)
    expect([command, found?.remediation?.safe]).toEqual([command, safe])
  }
})

it('says that the queue is full', () => {
  expect(idsOf({ maxQueueSize: 1 })).toEqual(['F-019'])
  const [found] = workFindings({ ...VIEW, maxQueueSize: 1 }, null, 0)
  expect(found?.summary).toBe('the queue is full: 1 of 1 event waits')
})

function signedOut(id: 'F-012' | 'F-021') {
  return {
    obstacles: [{ reason: 'no_session', detail: null }],
    signInObstacle: { id, problem: 'so it is', remedy: { command: 'spec-kitty config list' } },
  } as const
}

it('says that nothing can be written to the home; it is a problem, but not for a daemon that runs', () => {
  const homeProblem = '/home/ann is on a read-only file system'
  const [beside] = workFindings({ ...VIEW, homeProblem }, null, 0)
  expect(beside).toMatchObject({ id: 'F-021', severity: 'info', summary: homeProblem })
  for (const [value, severity] of [
    [true, 'warn'],
    [false, 'warn'],
  ] as const) {
    const here = { ...VIEW, isDaemonRunning: false, isHostedHere: value, homeProblem }
    const [found] = workFindings(here, null, 0)
    expect(found).toMatchObject({ id: 'F-021', severity, summary: homeProblem })
  }
  // A sign-in cannot be stored, whether a daemon runs or not.
  for (const isDaemonRunning of [true, false]) {
    const [first] = workFindings({ ...VIEW, isDaemonRunning, homeProblem, ...signedOut('F-021') }, null, 0)
    expect(first).toMatchObject({ id: 'F-021', severity: 'critical' })
  }
})

it('says that no event can be queued on a full disk, also while a daemon runs', () => {
  const full = 'the disk that holds /home/ann is full (less than 64 KiB left)'
  const disk = { homeProblem: full, diskProblem: full }
  for (const [changes, severity] of [
    [{}, 'warn'],
    [{ isHostedHere: false }, 'warn'],
    [{ isDaemonRunning: false, isHostedHere: false }, 'warn'],
    [signedOut('F-021'), 'critical'],
    [{ isDaemonRunning: false }, 'warn'],
    [{ isDaemonRunning: false, ...signedOut('F-021') }, 'critical'],
  ] as const) {
    const found = workFindings({ ...VIEW, ...disk, ...changes }, null, 0)
    expect(found).toMatchObject([{ id: 'F-021', severity, summary: full }])
  }
})

it('says that the server rejected events, and where they are shown', () => {
  const queue = { ...VIEW.queue, queued: 0, oldestAt: null, deadLetters: 2, held: [] }
  const named = { ...VIEW, why: null, queue: { ...queue, lastReason: 'project is archived' } }
  expect(workFindings(named, null, 0)[0]?.summary).toBe(
    '2 events were rejected by the server, the last with "project is archived"',
  )
  const [found] = workFindings({ ...VIEW, queue }, null, 0)
  expect(found).toMatchObject({
    id: 'F-020',
    severity: 'warn',
    summary: '2 events were rejected by the server',
    remediation: { commands: ['spec-kitty sync queue --dead'], safe: true },
  })
})

it('a home of another user gets no advice that only its owner could follow', () => {
  const theirs = { homeProblem: '/h belongs to ann, you are bob' }
  const settings = { ...SETTINGS, problems: ['/h/config.toml cannot be read'] }
  const ofSettings = (changes: object) =>
    workFindings({ ...VIEW, settings, ...changes }, null, 0).find(({ id }) => id === 'F-012')
  expect(ofSettings(theirs)).toMatchObject({ summary: '/h/config.toml cannot be read', remediation: null })
  const queueProblem = `the queue /h/queue.db cannot be read: ${theirs.homeProblem}`
  expect(idsOf({ ...theirs, queueProblem })).toEqual(['F-021'])
  expect(ofSettings({ ...theirs, homeCommand: 'chmod u+rwx /h' })?.remediation).not.toBe(null)
  expect(ofSettings({})?.remediation?.commands).toEqual(['spec-kitty config list'])
})

it('a broken consent has the command of `sync status`', () => {
  const problem = '/p/.kittify/config.yaml cannot be used: line 2'
  const remedy = (held: object) =>
    workFindings({ ...VIEW, queue: { ...VIEW.queue, held: [held] } } as unknown as WorkView, problem, 0).find(
      ({ id }) => id === 'F-012',
    )?.remediation?.commands
  const one = { project: '/p', reason: 'consent_unreadable', detail: 'line 2', count: 1 }
  expect(remedy(one)).toEqual(['spec-kitty explain consent_unreadable'])
  expect(remedy({ ...one, isMendable: true })).toEqual(['spec-kitty sync opt-in /p'])
  expect(remedy({ ...one, project: '/other', isMendable: true })).toEqual([
    'spec-kitty explain consent_unreadable',
  ])
})

it('warns of a damaged queue that was put aside, as long as it is there', () => {
  expect(idsOf({ damagedQueues: [] })).toEqual([])
  const [found] = workFindings({ ...VIEW, damagedQueues: ['/h/a', '/h/b'] }, null, 0)
  expect(found).toMatchObject({
    id: 'F-022',
    severity: 'warn',
    summary: '2 damaged queues were put aside',
    remediation: { commands: ['spec-kitty explain F-022'], safe: true },
  })
})

it('says that the daemon sends although this shell has turned hosted sync off', () => {
  const [found] = workFindings({ ...VIEW, isSendingAnyway: true }, null, 0)
  expect(found).toMatchObject({
    id: 'F-023',
    severity: 'info',
    remediation: { commands: ['spec-kitty sync restart'], safe: false },
  })
})

it('says that events were lost with their queue, with the command that saves them before the one that hides it', () => {
  const lost = { text: 'lost: 2 events waited', events: 2, isSavable: true }
  const [found] = workFindings({ ...VIEW, lost }, null, 0, 'people')
  expect(found).toMatchObject({
    id: 'F-025',
    severity: 'warn',
    summary: lost.text,
    remediation: {
      command: 'spec-kitty sync queue --export FILE --from COPY',
      commands: ['spec-kitty sync queue --export FILE --from COPY', 'spec-kitty sync queue drop --lost'],
    },
  })
})

it('does not say how to save what is lost of a damaged queue, of which nothing more can be read', () => {
  const lost = { text: 'lost: 2 events waited', events: 2, isSavable: false }
  const [found] = workFindings({ ...VIEW, lost }, null, 0, 'people')
  expect(found?.remediation).toMatchObject({ commands: ['spec-kitty sync queue drop --lost'] })
})

it('says of a full queue why it does not become empty, with the one command for that', () => {
  const why = {
    reason: 'backing_off',
    sentence: 'so it is',
    command: 'spec-kitty sync now',
    isAll: true,
  } as const
  const found = workFindings({ ...VIEW, why, maxQueueSize: 1 }, null, 0)
  expect(found).toMatchObject([
    {
      id: 'F-019',
      summary: 'the queue is full: 1 of 1 event waits; nothing leaves: so it is',
      remediation: { commands: [why.command] },
    },
  ])
})

it('says to people what must be done before the command of the status', () => {
  const certificate = {
    reason: 'backing_off',
    sentence: 'so it is',
    command: 'spec-kitty explain backing_off',
    shown: 'spec-kitty sync restart  # once NODE_EXTRA_CA_CERTS is right in this shell',
    isAll: true,
  } as const
  const [restart] = workFindings({ ...VIEW, why: certificate }, null, 0, 'people')
  expect(restart?.remediation).toMatchObject({
    commands: ['spec-kitty sync restart'],
    description: 'starts the daemon anew, once NODE_EXTRA_CA_CERTS is right in this shell',
  })
  const broken = {
    reason: 'config_unreadable',
    sentence: 'the configuration is wrong',
    command: 'spec-kitty config list',
    shown: 'spec-kitty sync now',
    before: 'correct line 2 of config.toml, and send what waits',
    isAll: true,
  } as const
  const settings = { ...VIEW.settings, problems: ['line 2 is wrong'], fileCure: null } as WorkView['settings']
  const [config] = workFindings({ ...VIEW, why: broken, settings }, null, 0, 'people')
  expect(config).toMatchObject({
    id: 'F-012',
    remediation: { commands: [broken.shown], before: broken.before, description: '' },
  })
})

it('a wrong variable is named as what to correct, because config list corrects nothing', () => {
  const wrong = ['SPEC_KITTY_SAAS_URL must be an http or https URL, not "x"']
  const settings = (problems: readonly string[]) => ({ ...VIEW.settings, problems }) as WorkView['settings']
  const remedy = (problems: readonly string[]) =>
    workFindings({ ...VIEW, settings: settings(problems) }, null, 0, 'people')[0]?.remediation
  expect(remedy(wrong)).toMatchObject({
    commands: ['spec-kitty config list'],
    before: 'correct SPEC_KITTY_SAAS_URL in this shell, and look whether that is right',
  })
  expect(remedy([...wrong, 'sync.format is wrong (/h/config.toml, line 2)'])?.before).toBe(undefined)
})
