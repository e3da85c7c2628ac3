import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { classify } from '../../src/classify/classify.js'
import type { DaemonStatus } from '../../src/classify/daemon-state.js'
import { factsOf } from '../../src/classify/derive-facts.js'
import type { Observation, ScanContext } from '../../src/classify/observation.js'
import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from '../../src/classify/decision-tables.js'
import type { Io } from '../../src/cli/io.js'
import { resetRange } from '../../src/cli/reset-range.js'
import { defineDaemon, definitionOf } from '../../src/define/define-daemon.js'
import {
  decisionsIn,
  needsDecision,
  remedyOf,
  whereToLook,
  withRemedy,
} from '../../src/doctor/choose-remedy.js'
import { findingsOf } from '../../src/doctor/findings.js'
import { identityRecord } from '../../src/doctor/identity-record.js'
import type { Host, ProcessView } from '../../src/identity/machine.js'
import { makeProof, type ProvenProcess } from '../../src/identity/proof.js'
import { enterCommand } from '../../src/observe/platform/look-command.js'
import { UNTOLD } from '../../src/observe/read-scopes-in-child.js'
import type { Candidate, Scan } from '../../src/observe/scan.js'
import { usedScope } from '../../src/classify/stale-evidence.js'
import { scopeDaemon } from '../../src/observe/scope-daemon.js'
import { userText } from '../../src/identity/user-text.js'
import { userName } from '../../src/observe/user-name.js'
import { unmountedScope } from '../../src/classify/unmounted.js'
import { isEndedByForce, isSpared } from '../../src/observe/spared.js'
import { testFamily } from '../helpers/family.js'
import { forEachSighting } from '../helpers/many-observations.js'
import { PORT, USER } from '../helpers/observations.js'
import { nobodyIn } from '../helpers/proven.js'

/** The remedy of a row, for every pair of things that a scan may see. */
const { words } = definitionOf(
  defineDaemon({
    name: 'tool',
    words: { inScope: (scope) => `HOME=${scope} `, showElsewhere: (scope) => `HOME=${scope} tool status` },
  }),
)

const FAMILY = testFamily({ from: PORT, to: PORT + 50 })
const PROOF = makeProof(nobodyIn(FAMILY))

/** Every command that a row may name: nothing else runs in a shell. */
const COMMANDS = [
  /^tool doctor --reset$/,
  /^HOME=\S+ tool doctor --reset$/,
  /^tool doctor --reset --force --port \d+$/,
  /^tool stop$/,
  /^HOME=\S+ tool status$/,
  /^tool explain \w+$/,
]

function scanOf(
  seen: Observation,
  context: ScanContext,
  others: readonly Observation[],
  proof: ProvenProcess | null,
): Scan {
  const candidates = others.map((one): Candidate => {
    const facts = factsOf(FAMILY, one, context, others)
    const verdict = classify(FAMILY.rules, FAMILY.reasonNames, facts)
    return { observation: one, facts, verdict, proof: one === seen ? proof : null }
  })
  const host = { ...context.machine, pid: 1, user: USER, namespaces: '', networkNamespace: '' }
  return { family: FAMILY, host, context, candidates }
}

describe.each([
  ['a scope of a user', USER_SCOPE_RULES],
  ['a project', PROJECT_SCOPE_RULES],
])('the remedy of a daemon of %s', (_, rules) => {
  it.each([
    ['proven', PROOF],
    ['not proven', null],
  ])('that is %s is mild, runs, and is never a force that does nothing', (__, proof) => {
    const told = new Set<string>()
    const wrong = new Set<string>()
    const family = { ...FAMILY, rules }
    const count = forEachSighting(2, (observation, context, others) => {
      const seen = { ...scanOf(observation, context, others, proof), family }
      const facts = factsOf(family, observation, context, others)
      const verdict = classify(rules, family.reasonNames, facts)
      const candidate: Candidate = { observation, facts, verdict, proof }
      const all = { ...seen, candidates: [candidate, ...seen.candidates.slice(1)] }
      const remedy = remedyOf(candidate, all, { words })
      const isNever = verdict.class === 'never_touch'
      if (remedy === null || isNever) {
        if (isNever !== (remedy === null)) wrong.add(`${verdict.rule}: ${remedy?.commands[0]}`)
        return
      }
      const [command = ''] = remedy.commands
      const kind = COMMANDS.findIndex((one) => one.test(command))
      told.add(String(kind))
      const isForce = command.includes('--force')
      const isStop = command === 'tool stop'
      const checks = {
        runs: kind >= 0 && remedy.commands.length === 1,
        'is a force that works, of this one alone':
          !isForce || (isEndedByForce(candidate, all) && command.endsWith(` --port ${observation.port}`)),
        'is a stop that works': !isStop || (proof !== null && facts.reachable === 'yes'),
        'is safe only if nothing else can end': remedy.safe === !(isForce || isStop),
        'waits for what may be starting, in another scope or without an answer':
          !isForce ||
          facts.in_startup_grace !== 'yes' ||
          (verdict.reason !== 'cross_root' &&
            (facts.self_report === 'yes' || facts.singleton_here === 'yes')),
        'spares what force spares': !isSpared(candidate, all) || verdict.class === 'safe_auto' || !isForce,
      }
      for (const [what, holds] of Object.entries(checks)) {
        if (!holds) wrong.add(`${verdict.rule} ${command}: not true that it ${what}`)
      }
    })
    expect([...wrong]).toEqual([])
    expect(count).toBeGreaterThan(1_000)
    expect(told.size).toBeGreaterThan(2)
  })
})

const NO_STATUS = { state: 'none', pid: null, port: null } as DaemonStatus

describe('what needs a decision', () => {
  it('is the same in the row and in finding F-002, and can be ended', () => {
    const { self } = definitionOf(defineDaemon({ name: 'tool' }))
    const wrong = new Set<string>()
    const counts = { asked: 0, own: 0, left: 0 }
    forEachSighting(2, (observation, context, others) => {
      const seen = scanOf(observation, context, others, PROOF)
      const [candidate] = seen.candidates
      if (candidate?.verdict.class !== 'operator_required') return
      const { all, own } = decisionsIn(seen, { words })
      const isAsked = all.includes(candidate)
      const row = withRemedy(identityRecord(candidate, seen, { self }), candidate, seen, { words })
      if (needsDecision(row, words) !== isAsked) wrong.add(`${row.rule}: row and candidate differ`)
      const summary =
        findingsOf({ seen, status: NO_STATUS, self, words, remedyOf: () => null }, []).find(
          ({ id }) => id === 'F-002',
        )?.summary ?? ''
      const counted = Number(/(\d+) needs? a decision/.exec(summary)?.[1] ?? 0)
      if (counted !== all.length - (own === null ? 0 : 1)) wrong.add(`${row.rule}: ${summary}`)
      if (counted > 0 && summary.includes(' besides that of F-005: ') !== (own !== null))
        wrong.add(`${row.rule}: whether F-005 is counted is not said: ${summary}`)
      if (isAsked && candidate !== own && !isEndedByForce(candidate, seen))
        wrong.add(`${row.rule}: asked about, and not ended`)
      counts[!isAsked ? 'left' : candidate === own ? 'own' : 'asked']++
    })
    expect([...wrong]).toEqual([])
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(10)
  })
})

describe('a scope in which no command can change anything', () => {
  const obstacle = { id: 'F-099', problem: '/h is on a read-only file system' }
  const now = { obstacle, busy: null }
  const ACTING = /^tool (?:start|stop|restart|doctor --reset)/
  const { self } = definitionOf(defineDaemon({ name: 'tool' }))

  it('has no row and no finding with a command that must fail', () => {
    const told = new Set<string>()
    forEachSighting(2, (observation, context, others) => {
      const seen = scanOf(observation, context, others, PROOF)
      const remedyIn = (candidate: Candidate) => remedyOf(candidate, seen, { words, now })
      const of = (state: DaemonStatus['state']) =>
        findingsOf({ seen, status: { ...NO_STATUS, state }, self, words, now, remedyOf: remedyIn }, [])
      const remedies = [
        ...seen.candidates.map(remedyIn),
        ...[...of('none'), ...of('wedged'), ...of('crashed')].map(({ remediation }) => remediation),
      ]
      for (const remedy of remedies) for (const command of remedy?.commands ?? []) told.add(command)
    })
    expect([...told].filter((command) => ACTING.test(command))).toEqual([])
    expect([...told]).toContain('tool explain F-099')
  })

  it('is a problem, also if there is nothing to end', () => {
    const told = new Map<string, Set<boolean>>()
    forEachSighting(1, (observation, context, others) => {
      const seen = scanOf(observation, context, others, PROOF)
      const about = { seen, status: NO_STATUS, self, words, now, remedyOf: () => null }
      const own = { id: obstacle.id, severity: 'info', summary: '', remediation: null } as const
      const all = findingsOf(about, [own])
      const severity = all.find(({ id }) => id === obstacle.id)?.severity ?? ''
      told.set(severity, (told.get(severity) ?? new Set()).add(all.some(({ id }) => id === 'F-002')))
    })
    expect(told).toEqual(new Map([['warn', new Set([false, true])]]))
  })

  it('is asked nothing about', async () => {
    let count = 0
    const scans: Scan[] = []
    forEachSighting(2, (observation, context, others) => {
      const seen = scanOf(observation, context, others, PROOF)
      const isStale = seen.candidates.some(({ verdict }) => verdict.class === 'safe_auto')
      if (!isStale && decisionsIn(seen, { words }).all.length > 0 && count++ % 300 === 0) scans.push(seen)
    })
    const io = {
      isInteractive: true,
      confirm: () => Promise.reject(new Error('asked')),
      err: () => undefined,
      rewriteLine: () => undefined,
    } as unknown as Io
    const options = { force: false, dryRun: false, json: false, port: null, obstacle }
    for (const seen of scans) {
      const { entries } = await resetRange(defineDaemon({ name: 'tool' }), options, seen, io)
      expect(entries.map(({ result }) => result.outcome)).not.toContain('swept')
    }
    expect(scans.length).toBeGreaterThan(2)
  })
})

describe('a daemon that does not answer while another command is at work in its scope', () => {
  it('is not offered in the question of a clean-up', async () => {
    const scans: Scan[] = []
    forEachSighting(2, (observation, context, others) => {
      const seen = scanOf(observation, context, others, PROOF)
      const open = seen.candidates.filter(({ verdict }) => verdict.class === 'operator_required')
      const isStale = seen.candidates.some(({ verdict }) => verdict.class === 'safe_auto')
      if (!isStale && open.length > 0 && open.every(({ facts }) => facts.self_report === 'no'))
        scans.push(seen)
    })
    let asked = 0
    const io = {
      isInteractive: true,
      confirm: async () => asked++ < 0,
      err: () => undefined,
      rewriteLine: () => undefined,
      errorColumns: null,
    } as unknown as Io
    const options = { force: false, dryRun: false, json: false, port: null, obstacle: null }
    const some = scans.filter((_, index) => index % 50 === 0)
    expect(some.length).toBeGreaterThan(2)
    for (const seen of some)
      await resetRange(defineDaemon({ name: 'tool' }), { ...options, busy: 4711 }, seen, io)
    expect(asked).toBe(0)
  })

  it('may be ended or started by that command: its remedy is to look again, and nothing is counted', () => {
    const now = { obstacle: null, busy: 4711 }
    const told = new Map<string, number>()
    forEachSighting(2, (observation, context, others) => {
      const seen = scanOf(observation, context, others, PROOF)
      const [candidate] = seen.candidates
      if (candidate?.facts.self_report !== 'no' || candidate === scopeDaemon(seen)) return
      const remedy = remedyOf(candidate, seen, { words, now })
      const command = remedy?.commands[0] ?? 'none'
      const kind = command.includes('--force')
        ? 'force'
        : remedy?.description.startsWith('process 4711 may be ending or starting it') === true
          ? 'look again'
          : 'other'
      told.set(kind, (told.get(kind) ?? 0) + 1)
      if (decisionsIn(seen, { words, now }).all.includes(candidate)) told.set('counted', 1)
    })
    expect([...told.keys()].toSorted()).toEqual(['look again', 'other'])
    expect(told.get('look again')).toBeGreaterThan(10)
  })
})

describe('a daemon of another version', () => {
  it('is not said to be of a newer installation where that is gone', () => {
    const { self } = definitionOf(defineDaemon({ name: 'tool' }))
    const told = new Set<string>()
    forEachSighting(2, (observation, context, others) => {
      const seen = scanOf(observation, context, others, PROOF)
      if (scopeDaemon(seen)?.facts.same_namespaces !== 'yes') return
      const uninstalled = new Set(seen.candidates)
      const findings = findingsOf(
        { seen, status: NO_STATUS, self, words, uninstalled, remedyOf: () => null },
        [],
      )
      const { description } = findings.find(({ id }) => id === 'F-004')?.remediation ?? {}
      if (description !== undefined) told.add(description)
    })
    expect([...told]).toEqual([
      'replaces it by one of this version: its own installation is gone; to end it only: tool stop',
    ])
  })
})

describe('a daemon that the predecessor keeps beside ours', () => {
  const told = (
    more: object,
    all: (seen: Scan) => ReadonlySet<Candidate>,
    change: Partial<ProcessView> = {},
    proof: ProvenProcess | null = PROOF,
    isAbout: (one: Candidate, seen: Scan) => boolean = () => true,
  ): readonly string[] => {
    const { self } = definitionOf(defineDaemon({ name: 'tool' }))
    const found = new Set<string>()
    const changed = (one: Observation): Observation =>
      one.process === null ? one : { ...one, process: { ...one.process, ...change } }
    forEachSighting(2, (observation, context, others) => {
      const scanned = scanOf(observation, context, others.map(changed), proof)
      const seen = { ...scanned, candidates: scanned.candidates.map((one) => ({ ...one, proof })) }
      const theirs = seen.candidates.find(
        ({ observation: { shape } }) => shape?.implementation === 'predecessor',
      )
      if (theirs !== undefined && !isAbout(theirs, seen)) return
      const about = { seen, status: NO_STATUS, self, words: { ...words, ...more }, remedyOf: () => null }
      const findings = findingsOf({ ...about, uninstalled: all(seen) }, [])
      const { summary, remediation } = findings.find(({ id }) => id === 'F-011') ?? {}
      if (summary !== undefined && remediation?.safe === true) found.add(summary.replace(/\d+/g, 'N'))
    })
    return [...found]
  }
  const why = 'it is left alone, because commands of its own version may use it'
  const rest =
    'of that version ends it or, if that is not installed any more, `kill N` (see tool explain F-N)'
  const own = `${why}; the stop command ${rest}`
  const GONE = ', which is not installed any more, keeps a daemon'

  it('is left with the command of its own version and, where its process is proven, with what ends that', () => {
    const ends = (all: readonly string[]): readonly string[] => [
      ...new Set(all.map((one) => one.replace(/^.*?\); /, ''))),
    ]
    const isMarked = (one: Candidate, { context }: Scan): boolean =>
      one.facts.marker === 'yes' && usedScope(one.observation, context) === null
    const isUnmarked = (one: Candidate, seen: Scan): boolean => !isMarked(one, seen)
    expect(ends(told({}, () => new Set(), {}, PROOF, isMarked))).toEqual([own])
    expect(ends(told({ predecessorStop: 'old stop' }, () => new Set(), {}, PROOF, isMarked))).toEqual([
      `${why}; \`old stop\` ${rest}`,
    ])
    // It may be the daemon of another scope.
    expect(ends(told({}, () => new Set(), {}, PROOF, isUnmarked))).toEqual([
      `${why}; the stop command of that version ends it (see tool explain F-N)`,
    ])
    // Without a proof of the process, its number may be that of another.
    expect(ends(told({}, () => new Set(), {}, null))).toEqual([
      `${why}; the stop command of that version ends it (see tool explain F-N)`,
    ])
  })

  it('is said to be uninstalled if that is proven', () => {
    const gone = told({}, ({ candidates }) => new Set(candidates))
    expect(gone.map((one) => one.includes(GONE))).toEqual(gone.map(() => true))
    // So there is no command of it that could use the daemon or end it.
    expect(new Set(gone.map((one) => one.replace(/^.*?\); /, '')))).toEqual(
      new Set([
        'it is left alone; `kill N` ends it (see tool explain F-N)',
        'it is left alone (see tool explain F-N)',
      ]),
    )
  })

  it('is not taken for uninstalled because the file of its interpreter was replaced by an upgrade', () => {
    const replaced = told({}, () => new Set(), { executableGone: true })
    expect(replaced.length).toBeGreaterThan(0)
    expect(replaced.join()).not.toContain(GONE)
  })
})

describe('a process that is not seen whole', () => {
  it('is to be looked at where it runs: as root only by others, and not if it runs in other namespaces', () => {
    const ours = 'pid:[1] mnt:[2] none user:[3] root:4/5/6'
    const told = (namespaces: string | null, user: string, change: object = {}): string =>
      whereToLook(
        {
          facts: { same_namespaces: namespaces === null ? 'unknown' : 'no' },
          observation: { process: { command: { args: [] }, startTime: '1', namespaces, ...change } },
        } as unknown as Candidate,
        { host: { user, namespaces: ours } } as Scan,
      )
    expect(told(null, '1000')).toBe(
      'its namespaces cannot be read from here: look at it as root, or where it runs',
    )
    expect(told(null, '0', { startTime: null })).toBe(
      'its start time and namespaces cannot be read from here: look at it where it runs',
    )
    expect(told('pid:[1]', '0')).toMatch(/^it runs in other namespaces than this command /)
    for (const [theirs, what] of [
      [
        'pid:[1] mnt:[9] none user:[3] root:4/5/8',
        'mount namespace than this command (mnt:[9]: a container, ',
      ],
      [
        'pid:[9] mnt:[8] none user:[3] root:9/5/8',
        'pid namespace and mount namespace than this command (mnt:[8]: ',
      ],
      [
        'pid:[1] mnt:[2] none user:[3] root:4/9/6',
        'root directory than this command (a chroot): look at it there',
      ],
      [
        'pid:[1] mnt:[2] none user:[9] root:4/5/6',
        'user namespace than this command (a container): look at it there',
      ],
    ] as const)
      expect(told(theirs, '0')).toContain(`it runs in another ${what}`)
  })

  it('has a command that looks where it runs only if that can be entered, and has the same root directory', () => {
    const host = {
      namespaces: 'pid:[1] mnt:[2] none user:[3] root:4/5/6',
      networkNamespace: 'net:[7]',
      mayEnter: true,
    }
    const enter = (
      namespaces: string | null,
      net: string | null,
      change: object = {},
      command = 'tool stop',
      hasOurRoot = true,
    ) =>
      enterCommand(
        {
          pid: 9,
          namespaces,
          hasOurRoot,
          networkNamespace: net,
          startTime: '1',
          command: { args: [] },
        } as unknown as ProcessView,
        { ...host, ...change } as unknown as Host,
        command,
      )
    const apart = 'pid:[1] mnt:[9] none user:[3] root:4/5/8'
    expect(enter(apart, 'net:[7]')).toBe('nsenter -t 9 -m -- tool stop')
    expect(enter('pid:[8] mnt:[9] none user:[3] root:4/5/8', 'net:[6]')).toBe(
      'nsenter -t 9 -m -p -n -- tool stop',
    )
    expect(enter(apart, 'net:[7]', {}, "cd '/a && b' && tool stop")).toBe(
      "nsenter -t 9 -m -- env -C '/a && b' tool stop",
    )
    expect(enter(apart, 'net:[7]', {}, 'HOME=/x tool stop')).toBe('nsenter -t 9 -m -- env HOME=/x tool stop')
    expect(enter(apart, 'net:[7]', { mayEnter: false })).toBe(null)
    for (const other of [
      null,
      host.namespaces,
      'pid:[1] mnt:[9] none user:[8] root:4/5/8',
      'pid:[1] mnt:[9] time:[8] user:[3] root:4/5/8',
      'pid:[8] mnt:[2] none user:[3] root:4/5/6',
    ])
      expect([other, enter(other, 'net:[7]')]).toEqual([other, null])
    expect(enter(apart, 'net:[7]', {}, 'tool stop', false)).toBe(null)
  })
})

describe('a process of another user', () => {
  it('is theirs to end, named by their name; root is not told that it could not', () => {
    const told = (user: string): ReadonlySet<string> => {
      const found = new Set<string>()
      forEachSighting(1, (observation, context, others) => {
        const seen = scanOf(observation, context, others, PROOF)
        const by = { ...seen, host: { ...seen.host, user } }
        const [candidate] = seen.candidates
        const tool = { words, userName: () => 'ann' }
        if (candidate?.verdict.reason === 'other_user')
          found.add(remedyOf(candidate, by, tool)?.description ?? '')
      })
      return found
    }
    expect([...told(USER)]).toContain('it belongs to ann: only ann can end it')
    expect([...told('0')]).toContain('it belongs to ann: a clean-up leaves it to its owner, also one by root')
    expect([...told('0')].filter((one) => one.includes('only'))).toEqual([])
  })
})

describe('the owner of a process', () => {
  it('is named as the list of users has it, and else by number', () => {
    const list = join(mkdtempSync(join(tmpdir(), 'familiar-users-')), 'passwd')
    writeFileSync(list, 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n')
    const names = ['0', '1000', '100', 'S-1-5-18'].map((uid) => userName(uid, list))
    expect(names).toEqual(['root', 'ann', 'user 100', 'user S-1-5-18'])
    // In a user namespace, all users who are not in it have one number.
    const map = join(dirname(list), 'uid_map')
    writeFileSync(list, 'nobody:x:65534:65534::/:/bin/false\n')
    writeFileSync(map, '         0          0 4294967295\n')
    expect(userName('65534', list, map)).toBe('nobody')
    writeFileSync(map, '         0       1000          1\n')
    expect(userName('65534', list, map)).toBe('another user')
    rmSync(dirname(list), { recursive: true })
    expect([userName('0', list), userName('1000', list)]).toEqual(['root', 'user 1000'])
  })

  it('is named: root by its name', () => {
    expect([userText(0), userText('0'), userText(1000)]).toEqual(['root', 'root', 'user 1000'])
  })
})

describe('the question about what needs a decision', () => {
  /** What is said before the question, and the question; nothing is answered, so nothing is done. */
  async function askedAbout(seen: Scan): Promise<string> {
    let said = ''
    const stop = (question: string): Promise<never> => {
      said += question
      return Promise.reject(new Error('not answered'))
    }
    const io = {
      err: (text: string) => void (said += text),
      errorColumns: null,
      hasErrorColor: false,
      isInteractive: true,
      confirm: stop,
    } as unknown as Io
    const options = { force: false, dryRun: false, json: false, port: null }
    await expect(resetRange(defineDaemon({ name: 'tool' }), options, seen, io)).rejects.toThrow(
      'not answered',
    )
    return said
  }

  it('says which is the daemon of this scope: its finding is F-005, and F-002 does not count it', async () => {
    const owns: Scan[] = []
    const others: Scan[] = []
    forEachSighting(2, (observation, context, all) => {
      const seen = scanOf(observation, context, all, PROOF)
      const [candidate] = seen.candidates
      if (candidate === undefined || isSpared(candidate, seen)) return
      const decisions = decisionsIn(seen, { words })
      if (decisions.all.length === 1 && decisions.all[0] === candidate)
        (decisions.own === null ? others : owns).push(seen)
    })
    const [own, other] = [owns[0], others[0]]
    if (own === undefined || other === undefined) throw new Error('there are both')
    expect(await askedAbout(own)).toMatch(
      /^This one needs a decision \(operator_required\) and is the tool daemon of this scope \(F-005\)[^:]*:\n {2}port /,
    )
    expect(await askedAbout(other)).toMatch(
      /^This one needs a decision \(operator_required\)[^]*\ny ends this one; n and Ctrl\+C end nothing\.\nEnd it\?$/,
    )
    expect(await askedAbout(other)).not.toContain('F-005')
    const both = { ...own, candidates: [...own.candidates, ...other.candidates] }
    expect(await askedAbout(both)).toMatch(
      /^These 2 need a decision [^\n]*, one of them the tool daemon of this scope \(F-005\)[^]*\nEnd these 2\?$/,
    )
    // With a command for each of both, and for this one the mildest.
    expect(await askedAbout(both)).toMatch(
      /\nTo decide about one alone, answer n, then: tool doctor --reset --force --port \d+\nFor the tool daemon of this scope alone, answer n, then: tool stop\n/,
    )
    expect(await askedAbout(own)).not.toContain('answer n, then')
  })
})

describe('the remedy of a daemon whose scope was not read in time', () => {
  it('is to look again, not to look elsewhere', () => {
    const told = new Set<string | undefined>()
    forEachSighting(1, (observation, context, others) => {
      const late = new Map([...context.scopes].map(([name]) => [name, UNTOLD] as const))
      const seen = scanOf(observation, { ...context, scopes: late }, others, PROOF)
      const [candidate] = seen.candidates
      if (candidate?.verdict.class !== 'operator_required' || observation.namedScopes === null) return
      if (observation.namedScopes.some((name) => late.has(name)))
        told.add(remedyOf(candidate, seen, { words })?.description)
    })
    expect([...told]).toContainEqual(expect.stringContaining('was not read in time: run this again'))
    expect(
      [...told].filter((description) => /use it where it runs|whatever/.test(description ?? '')),
    ).toEqual([])
  })
})

describe('the remedy of a daemon of another scope that may only be unmounted', () => {
  it('says so, and where it can be decided, instead of that it may be in use', () => {
    const told = new Set<string>()
    const wrong = new Set<string>()
    forEachSighting(2, (observation, context, others) => {
      const [name] = context.scopes.keys()
      for (const gone of [true, false]) {
        // Unchanged since before any process started.
        const empty = gone ? { above: { changedMs: 1, isEmpty: true } } : { unchangedSinceMs: 1 }
        const scopes = new Map(
          [...context.scopes].map(
            ([path, one]) => [path, one === context.here ? one : { ...one, gone, ...empty }] as const,
          ),
        )
        const seen = scanOf(observation, { ...context, scopes }, others, PROOF)
        const [candidate] = seen.candidates
        if (candidate === undefined || name === undefined) continue
        const remedy = remedyOf(candidate, seen, { words })
        if (!isSpared(candidate, seen) || unmountedScope(candidate.observation, seen.context) === null)
          continue
        const [command = ''] = remedy?.commands ?? []
        if (command.includes('--force')) wrong.add(command)
        const { facts } = candidate
        const isMounted = { ...seen, context: { ...seen.context, scopes: context.scopes } }
        const isOnly =
          facts.reachable === 'yes' && facts.elsewhere === 'no' && !isSpared(candidate, isMounted)
        if (isOnly && remedy?.description.includes('cannot see') === true) wrong.add(remedy.description)
        told.add(remedy?.description.replaceAll(/\/\S+?(?=[ )])/g, 'DIR') ?? '')
      }
    })
    expect([...wrong]).toEqual([])
    expect([...told]).toContain(
      'its scope DIR is not there: it was removed, or its drive is not mounted; mount the drive, or look and decide there (HOME=DIR tool doctor)',
    )
    expect([...told]).toContain(
      'its scope DIR holds nothing that it can have used: it was emptied, or its drive is not mounted; mount the drive, or look and decide there (HOME=DIR tool doctor)',
    )
  })
})

describe('a remedy that a clean-up has just tried without effect', () => {
  it('is explained, not named again', () => {
    forEachSighting(0, (observation, context, others) => {
      const seen = scanOf(observation, context, others, PROOF)
      for (const candidate of seen.candidates) {
        if (candidate.verdict.class === 'never_touch') continue
        const of = (failure: 'survived_kill' | `unknown: ${string}`) =>
          remedyOf(candidate, seen, { words }, failure)
        expect(of('survived_kill')).toEqual({
          commands: ['tool explain survived_kill'],
          description: 'it could not be ended: survived_kill',
          safe: true,
        })
        const reason = candidate.verdict.reason ?? candidate.verdict.class
        expect(of('unknown: EIO')?.commands).toEqual([`tool explain ${reason}`])
      }
    })
  })
})
