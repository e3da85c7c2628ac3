import { readdirSync, readFileSync } from 'node:fs'
import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from 'familiar'
import { explainIds, loadExplanations } from 'familiar/cli'
import { describe, expect, it } from 'vitest'
import { EXPLAINED, withoutSynonyms } from '../../src/doctor/explanations.js'
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
      .filter((name) => name.endsWith('.ts') && name !== 'explain-texts.ts')
      .map((name) => sourceOf(directory + name)),
  )
  return [...new Set(texts.flatMap((text) => text.match(/\bF-\d{3}\b/g) ?? []))]
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
  sync: [
    ...unionIn('spec-kitty/src/sync/start-policy.ts', 'SkipReason'),
    ...unionIn('spec-kitty/src/sync/upload/upload-types.ts', 'ClosedReason'),
    ...unionIn('spec-kitty/src/sync/upload/upload-types.ts', 'HeldReason'),
    ...unionIn('spec-kitty/src/sync/why-types.ts', 'WhyReason'),
  ],
}

async function run(...args: readonly string[]): Promise<string> {
  return runAt(null, args)
}

async function runAt(columns: number | null, args: readonly string[]): Promise<string> {
  let out = ''
  await explainIds(withoutSynonyms(args), EXPLAINED, 'spec-kitty explain', {
    out: (text) => (out += text),
    hasColor: false,
    columns,
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

  it('says for which daemons each command is', async () => {
    for (const id of ['F-002', 'safe_auto', 'superseded', 'unrecorded']) {
      expect(await run(id)).toContain(
        '`spec-kitty auth doctor --reset` (for sync daemons) or `spec-kitty dashboard clean-up --yes` (for dashboards)',
      )
    }
  })

  it('knows what the table says in place of a class', async () => {
    expect(await run('in', 'use')).toBe(await run('in_use'))
    expect(await run('in use')).toContain('the live daemon of another home or project')
  })

  it('has no command with a word to be filled in for pre_marker', async () => {
    expect(await run('pre_marker')).not.toContain('PID')
    expect(await run('pre_marker')).toContain('or if a program or a project that you use is named there')
  })

  it('says of an id that names two things both', async () => {
    expect(await run('unreachable')).toMatch(/^unreachable \(reason\)[^]*\nunreachable \(state\)/)
  })

  it('says of a row when it matches', async () => {
    expect(await run('S9')).toContain('\n  it matches if: its command line names a scope: no\n')
    expect(await run('D14')).toContain('\n  it matches if: no row above matches\n')
  })
})

describe('explain', () => {
  it('alone lists every id with one line each', async () => {
    const lines = (await run()).split('\n')
    for (const { id, summary } of all) {
      expect(
        lines.filter((line) => line.startsWith(`  ${id} `) && line.endsWith(`  ${summary}`)),
      ).not.toEqual([])
    }
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
    ['f-0002', 'F-002'],
    ['F-022', 'F-002'],
    ['cros_root', 'cross_root'],
    ['corss_root', 'cross_root'],
    ['safe_atuo', 'safe_auto'],
    ['unresponsiv', 'unresponsive'],
    ['D13x', 'D13'],
  ])('of %s asks whether %s was meant, and explains nothing', async (typed, meant) => {
    await expect(run(typed)).rejects.toThrow(`nothing is called '${typed}': did you mean '${meant}'`)
  })

  it('of a word that is like none says where all are listed', async () => {
    await expect(run('something')).rejects.toThrow(
      "nothing is called 'something': 'spec-kitty explain' lists every id",
    )
    await expect(run('x')).rejects.toThrow('lists every id')
  })
})
