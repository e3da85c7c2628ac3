import { readdirSync, readFileSync } from 'node:fs'
import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from 'familiar'
import { explainIds, loadExplanations, type Io } from 'familiar/cli'
import { describe, expect, it, vi } from 'vitest'
import { ERRORS as LIBRARY_ERRORS } from '../../../familiar/src/doctor/explain/errors.js'
import { run as explain } from '../../src/commands/explain.js'
import { run as completion } from '../../src/commands/completion.js'
import { ERRORS } from '../../src/doctor/explain/errors.js'
import { EXPLAINED } from '../../src/doctor/explain/explanations.js'
import { withoutSynonyms } from '../../src/doctor/explain/synonyms.js'
import { CLOSED_REASONS, reasonText } from '../../src/sync/why-nothing-leaves.js'
import { expectValid } from '../helpers/schemas.js'

/** `spec-kitty explain` compared with the source: every id that a command can name has a text, and every text an id. */
const PACKAGES = new URL('../../../', import.meta.url)
const all = await loadExplanations(EXPLAINED)

function sourceOf(path: string): string {
  return readFileSync(new URL(path, PACKAGES), 'utf8')
}

/** The words of a union of texts, in the order of the source. */
function unionIn(path: string, name: string): readonly string[] {
  const found = new RegExp(`type ${name} =([^]*?)\\n(?=\\n|\\S|/\\*\\*|$)`).exec(sourceOf(path))?.[1] ?? ''
  return [...`|${found}`.matchAll(/\|\s*'([^']+)'/g)].map(([, word = '']) => word)
}

/** The findings that the doctors of both packages make. */
function findingIds(): readonly string[] {
  const texts = ['familiar/src/doctor/', 'spec-kitty/src/doctor/'].flatMap((directory) =>
    readdirSync(new URL(directory, PACKAGES))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => sourceOf(directory + name)),
  )
  return [...new Set(texts.flatMap((text) => text.match(/\bF-\d{3}\b/g) ?? []))]
}

/** Every code in the source of the tool and the library but the table itself, and the one that only the unbuilt tool prints. */
function errorCodes(): readonly string[] {
  const texts = ['familiar/src', 'spec-kitty/src'].flatMap((directory) =>
    readdirSync(new URL(directory, PACKAGES), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/doctor\/.*errors\.ts$/.test(name))
      .map((name) => sourceOf(`${directory}/${name}`)),
  )
  return [
    ...new Set(
      [...texts, sourceOf('spec-kitty/bin/spec-kitty.js')].flatMap(
        (text) => text.match(/\bE_[A-Z_]+[A-Z]\b/g) ?? [],
      ),
    ),
  ]
}

/** The same of a union on one line. */
function unionOfLine(path: string, name: string): readonly string[] {
  const found = new RegExp(`type ${name} = ('[^\\n]+)`).exec(sourceOf(path))?.[1] ?? ''
  return [...found.matchAll(/'([^']+)'/g)].map(([, word = '']) => word)
}

/** The words of a union that stands behind a member of an interface. */
function unionOf(path: string, member: string): readonly string[] {
  const found = new RegExp(`readonly ${member}: ('[^\\n]+)`).exec(sourceOf(path))?.[1] ?? ''
  return [...found.matchAll(/'([^']+)'/g)].map(([, word = '']) => word)
}

/** The lists of a clean-up's result. */
function outcomes(): readonly string[] {
  const [, members = ''] =
    /interface ResetResult \{([^]*?)\n\}/.exec(sourceOf('familiar/src/doctor/reset-result.ts')) ?? []
  return [...members.matchAll(/^ {2}readonly (\w+): readonly /gm)].map(([, name = '']) => name)
}

/** What a daemon or a command writes into a record and a log as the reason of an end, besides the two unions. */
function toldReasons(): readonly string[] {
  return [
    'familiar/src/define/stop-method.ts',
    'familiar/src/daemon/lifecycle.ts',
    'familiar/src/daemon/shut-down.ts',
  ].flatMap((path) => [
    ...[...sourceOf(path).matchAll(/reason(?: =|:) '(\w+)'/g)].map(([, name = '']) => name),
    ...(sourceOf(path).match(/\bSIG[A-Z]+\b/g) ?? []),
  ])
}

/** Every event that a module writes into the log of a daemon. */
function loggedEvents(): readonly string[] {
  const texts = ['familiar/src', 'spec-kitty/src'].flatMap((directory) =>
    readdirSync(new URL(directory, PACKAGES), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => sourceOf(`${directory}/${name}`)),
  )
  return texts.flatMap((text) =>
    [
      ...text.matchAll(
        /(?:\blog|#log|\.write|logFailure|#despiteErrors)\((?:[\w.]+, )?'([a-z]+(?:_[a-z]+)*)'/g,
      ),
    ].map(([, name = '']) => name),
  )
}

const RULES = [...USER_SCOPE_RULES, ...PROJECT_SCOPE_RULES]

/** As both families of the tool spell the two reasons that have names of their own. */
const SPELT: Readonly<Record<string, readonly string[]>> = {
  other_family: ['dashboard_family', 'sync_family'],
  not_ours: ['not_spec_kitty'],
}

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  finding: findingIds(),
  row: RULES.map(({ id }) => id),
  // The table for people says `in use` in place of a class.
  class: [...unionIn('familiar/src/classify/class-and-reason.ts', 'CleanupClass'), 'in use'],
  reason: unionIn('familiar/src/classify/class-and-reason.ts', 'Reason').flatMap((one) => SPELT[one] ?? one),
  evidence: unionIn('familiar/src/classify/stale-evidence.ts', 'StaleEvidence'),
  state: unionIn('familiar/src/classify/daemon-state.ts', 'DaemonState'),
  path: unionIn('familiar/src/act/terminate-process.ts', 'CleanupPath'),
  failure: unionIn('familiar/src/act/terminate-process.ts', 'FailureReason'),
  outcome: [...outcomes(), 'left alone'],
  cause: [
    ...unionIn('familiar/src/client/start-order.ts', 'StartReason'),
    ...unionOfLine('familiar/src/daemon/retirement.ts', 'RetirementReason'),
    ...toldReasons(),
  ],
  source: unionOf('familiar/src/doctor/identity-record.ts', 'identity_source'),
  event: loggedEvents(),
  word: [
    ...unionOf('familiar/src/doctor/finding.ts', 'severity'),
    'candidate',
    'dry_run',
    'listener',
    'orphan',
    'scan',
    'stale',
    ...unionOf('spec-kitty/src/sync/session/session-state.ts', 'over'),
    'signed_in',
  ],
  error: errorCodes(),
  sync: [
    ...unionIn('spec-kitty/src/sync/start-policy.ts', 'SkipReason'),
    ...unionIn('spec-kitty/src/sync/upload/upload-types.ts', 'ClosedReason'),
    ...unionIn('spec-kitty/src/sync/upload/upload-types.ts', 'HeldReason'),
    ...unionIn('spec-kitty/src/sync/why-types.ts', 'WhyReason'),
  ],
}

/** Wide enough for every text to be one line. */
const WIDE = 1000

async function run(...args: readonly string[]): Promise<string> {
  return runAt(WIDE, args)
}

async function runAt(
  columns: number | null,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  let out = ''
  await explainIds(withoutSynonyms(args), EXPLAINED, 'spec-kitty explain', {
    out: (text) => (out += text),
    hasColor: false,
    columns,
    env,
  })
  return out
}

describe('every id has a text, and every text an id:', () => {
  it.each(Object.keys(SOURCES))('%s', (kind) => {
    const ids = all.filter((one) => one.kind === kind).map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(2)
    expect(ids.toSorted()).toEqual([...new Set(SOURCES[kind])].toSorted())
  })

  it('and there is no other kind', () => {
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(Object.keys(SOURCES)))
  })
})

/** What the doctor, its resets and the status commands print in the captures of docs/cli, without what was typed. */
function captured(): string {
  const directory = new URL('../docs/cli/', PACKAGES)
  const names = readdirSync(directory).filter((name) =>
    /(?:doctor|reset|status|clean-up)[\w-]*-120\.txt$/.test(name),
  )
  expect(names.length).toBeGreaterThan(6)
  return names
    .filter((name) => !name.startsWith('help'))
    .map((name) => readFileSync(new URL(name, directory), 'utf8').replaceAll(/^\$ .*$/gm, ''))
    .join('\n')
}

describe('what the commands print', () => {
  it('has no term that cannot be explained', async () => {
    const text = captured()
    const terms = new Set([
      ...(text.match(/\b[a-z]+(?:_[a-z]+)+\b/g) ?? []),
      ...[...text.matchAll(/(\w[\w ]*): \d+ (?:\(|·)/g)].map(([, term = '']) => term),
      ...[...text.matchAll(/\bSIG[A-Z]+\b/g)].map(([term]) => term),
    ])
    for (const term of ['safe_auto', 'operator_required', 'never_touch', 'swept', 'skipped', 'failed'])
      expect(terms).toContain(term)
    for (const term of terms)
      expect([term, (await run(...term.split(' '))).length > 50]).toEqual([term, true])
  })

  it.each([
    'would be swept',
    'would be skipped',
    'left alone',
    'orphaned',
    'scan',
    'candidate',
    'stale',
    'dry-run',
    'warning',
  ])('and every other form of a word is known: %s', async (words) => {
    expect((await run(...words.split(' '))).length).toBeGreaterThan(50)
  })
})

describe('a text', () => {
  it.each(all.map((one) => [`${one.kind} ${one.id}`, one] as const))('of %s is whole', (_, one) => {
    expect(one.summary).toMatch(/^\S.{5,110}[^.]$/)
    for (const text of [one.why, one.whatToDo]) expect(text).toMatch(/^[A-Z`].*\.$/s)
    expect([one.summary, one.why, one.whatToDo].join()).not.toMatch(/[{}]/)
    expect(one.conditions.length > 0).toBe(one.kind === 'row')
  })

  it('is found by its id, in whatever letters', async () => {
    for (const { id, summary } of all) {
      expect(await run(id)).toContain(summary)
      expect(await run(...id.toLowerCase().split(' '))).toContain(summary)
    }
  })

  it('is found by another word for it', async () => {
    const whole = await run('F-020')
    for (const words of [['dead'], ['dead_letter'], ['dead', 'letters'], ['Dead-letter'], ['rejected']])
      expect(await run(...words)).toBe(whole)
    expect(whole).toContain('`spec-kitty sync queue drop EVENT --yes` drops it')
  })

  it('is found by the words with which sync status tells it', async () => {
    for (const id of CLOSED_REASONS) {
      const [words = ''] = reasonText(id).split(' (')
      expect([words, await run(...words.split(' '))]).toEqual([words, await run(id)])
    }
    for (const [words, id] of [
      ['not_signed_in', 'no_session'],
      ['hosted_sync', 'hosted_sync_disabled'],
      ['queue damaged', 'queue_unusable'],
      ['not opted in', 'no_consent'],
      ['the sync daemon does not answer', 'daemon_wedged'],
      ['no sync daemon runs', 'no_daemon'],
      ['the last attempt failed', 'backing_off'],
      ['disk-full', 'home_unwritable'],
      ['SPEC_KITTY_SYNC_DISABLE', 'SPEC_KITTY_SYNC_DISABLE is set'],
      ['the server asked to wait', 'backing_off'],
      ['project is gone', 'project_missing'],
    ] as const)
      expect([words, await run(words)]).toEqual([words, await run(id)])
  })

  it('has no other word that is an id itself', async () => {
    const list = await run()
    // An id may contain blanks; at least two follow it.
    for (const id of list.match(/^ {2}[\w-]+(?: [\w-]+)*(?= {2}|$)/gm) ?? [])
      expect(withoutSynonyms([id.trim()])).toEqual([id.trim()])
  })

  it('says for which daemons each command is', async () => {
    for (const id of ['F-002', 'safe_auto', 'superseded', 'unrecorded']) {
      expect(await run(id)).toContain(
        '`spec-kitty auth doctor --reset` (for sync daemons) or `spec-kitty dashboard clean-up` (for dashboards)',
      )
    }
  })

  it('names the home only in a command for this user', async () => {
    vi.stubEnv('HOME', '/')
    vi.stubEnv('SPEC_KITTY_HOME', '/a home')
    try {
      for (const id of ['other_user', 'S6'])
        expect(await run(id)).toContain('`spec-kitty auth doctor --reset`')
      expect(await run('unrecorded')).toContain("`SPEC_KITTY_HOME='/a home' spec-kitty auth doctor --reset`")
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('knows what the table says in place of a class', async () => {
    expect(await run('in', 'use')).toBe(await run('in_use'))
    expect(await run('in use')).toContain('the live daemon of another home or project')
  })

  it('has no command with a word to be filled in for pre_marker', async () => {
    expect(await run('pre_marker')).not.toContain('PID')
    expect(await run('pre_marker')).toContain('leave it if you still use an older version of the tool there')
  })

  it('says of an id that names two things both', async () => {
    expect(await run('unreachable')).toMatch(/^unreachable \(reason\)[^]*\nunreachable \(state\)/)
  })

  it('says of a row when it matches', async () => {
    expect(await run('S9')).toContain('\n  it matches if: it is not so that its command line names a scope\n')
    expect(await run('D14')).toContain('\n  it matches if: no row above matches\n')
  })
})

describe('explain', () => {
  it('does not send root to root', async () => {
    const text = (await run('missing_identity')).replaceAll(/\s+/g, ' ')
    const isRoot = process.geteuid?.() === 0
    expect(text).toContain(`Run the command where the process runs${isRoot ? '.' : ', or as root.'}`)
  })

  it('alone lists every id with one line each', async () => {
    const lines = (await run()).split('\n')
    for (const { id, summary } of all) {
      expect(
        lines.filter((line) => line.startsWith(`  ${id} `) && line.endsWith(`  ${summary}`)),
      ).not.toEqual([])
    }
    // An id that is a sentence begins no group.
    expect(lines.at(lines.indexOf('Why events stay, or no daemon is started') + 1)).toMatch(
      /^ {2}backing_off /,
    )
  })

  it.each([60, 80, 120])('keeps within %d columns of a terminal', async (columns) => {
    for (const args of [[], ['S16'], ['F-001'], ['hosted_sync_disabled']]) {
      const lines = (await runAt(columns, args)).split('\n')
      expect(lines.filter((line) => line.length > columns)).toEqual([])
    }
  })

  it('prints JSON as its schema says', async () => {
    expectValid('explain', JSON.parse(await run('--json')))
    expect(JSON.parse(await run('S16', '--json')).explanations).toMatchObject([{ id: 'S16', kind: 'row' }])
  })

  it.each([
    ['F-02', 'F-002'],
    ['F-2', 'F-002'],
    ['f12', 'F-012'],
    ['f-0002', 'F-002'],
    ['F-042', 'F-002'],
    ['cros_root', 'cross_root'],
    ['corss_root', 'cross_root'],
    ['safe_atuo', 'safe_auto'],
    ['unresponsiv', 'unresponsive'],
    ['D13x', 'D13'],
  ])('of %s asks whether %s was meant, and explains nothing', async (typed, meant) => {
    await expect(run(typed)).rejects.toThrow(`nothing is called '${typed}': did you mean '${meant}'`)
  })

  it('of an exit code says which page explains it', async () => {
    const io = { out: () => undefined, hasColor: false, columns: null } as unknown as Io
    for (const code of ['0', '1', '2', '75', '130'])
      await expect(explain([code], io)).rejects.toThrow(
        `${code} is an exit code: 'spec-kitty help exit-codes'`,
      )
    await expect(explain(['3'], io)).rejects.toThrow("nothing is called '3'")
  })

  it('of a word that is like none says where all are listed', async () => {
    await expect(run('something')).rejects.toThrow(
      "nothing is called 'something': 'spec-kitty explain' lists every id",
    )
    await expect(run('x')).rejects.toThrow('lists every id')
  })
})

describe('the code of an error', () => {
  const page = readFileSync(new URL('../docs/errors.md', PACKAGES), 'utf8')
  const table = { ...LIBRARY_ERRORS, ...ERRORS }

  it('means on the page what it means here', () => {
    const rows = [...page.matchAll(/^\| \[(E_\w+)\]\(#(e_\w+)\) +\| (.+?) +\| ([\w ]+?) +\| (\w+) +\|$/gm)]
    const found = rows.map(([, code = '', anchor, summary, exit, retry]) => {
      expect(anchor).toBe(code.toLowerCase())
      return [code, { summary, exit, retry }] as const
    })
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(
        Object.entries(table).map(([code, { summary, exit, retry }]) => [code, { summary, exit, retry }]),
      ),
    )
  })

  it('is explained in a line, with its exit code and what to do', async () => {
    expect(await run('e_queue_full')).toBe(
      [
        'E_QUEUE_FULL (code of an error)',
        '  the queue is full',
        '',
        '  Exit code 1: it was tried, and what it met made it fail.',
        '  What to do: `spec-kitty sync queue` shows why events wait. Let them leave, or raise max_queue_size in config.toml.',
        '',
      ].join('\n'),
    )
    expect(await run('E_LOCK_BUSY')).toContain('  Exit code 75: the same command may succeed later.\n')
    let script = ''
    await completion(['bash'], { out: (text: string) => (script += text) } as unknown as Io)
    for (const code of ['E_QUEUE_FULL', 'E_LOCK_BUSY']) expect(script).toContain(code)
    await expect(run('E_USGE')).rejects.toThrow("did you mean 'E_USAGE'")
    await expect(run('E_QUEUE_FULLL')).rejects.toThrow("did you mean 'E_QUEUE_FULL'")
  })
})

describe('on a screen', () => {
  it.each([40, 60, 80])('a row is a list of its facts, and no line is too long: %s', async (columns) => {
    const text = await runAt(columns, ['D13'])
    const { conditions } = all.find(({ id }) => id === 'D13') ?? { conditions: [] }
    const facts = conditions.flatMap((one) => one.split('; '))
    expect([...text.matchAll(/^ {2}- /gm)]).toHaveLength(facts.length)
    for (const id of ['D13', 'pre_marker', 'F-009']) {
      for (const line of (await runAt(columns, [id])).split('\n'))
        expect([line, line.length <= columns || line.includes('`')]).toEqual([line, true])
    }
  })

  it.each([
    [80, {}],
    [80, { COLUMNS: '' }],
    [80, { COLUMNS: '0' }],
    [80, { COLUMNS: 'wide' }],
    [50, { COLUMNS: '50' }],
    [120, { COLUMNS: '120' }],
  ])('a pipe has %i columns with %j; the list of all ids has whole lines there', async (columns, env) => {
    const lines = (await runAt(null, ['pre_marker'], env)).split('\n')
    const widths = lines.filter((line) => !line.includes('`')).map((line) => line.length)
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns)
    expect(Math.max(...widths)).toBeGreaterThan(columns - 20)
    expect(await runAt(null, [], env)).toBe(await run())
  })

  it('a terminal is as wide as it is, whatever COLUMNS says', async () => {
    expect(await runAt(60, ['pre_marker'], { COLUMNS: '200' })).toBe(await runAt(60, ['pre_marker']))
  })

  it('a row with one fact has it in its line', async () => {
    expect(await run('S1')).toMatch(/^ {2}it matches if: it is not so that [^\n;:]+$/m)
  })
})
