import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { COMMON_ENVIRONMENT, EXIT, EXIT_TEXTS } from 'familiar/cli'
import { definitionOf } from 'familiar/internals'
import { helpText } from '../../src/cli/help.js'
import { commandsBelow } from '../../src/cli/command-table.js'
import { TOPICS } from '../../src/cli/topic-names.js'
import { ENVIRONMENT, FILES_NOTE, HOME_FILES, PROJECT_FILES } from '../../src/cli/topics.js'
import { dashboardDaemon, syncDaemon } from '../../src/daemons/define-daemons.js'

const PIPE = { hasColor: false, columns: null }
const ALL = commandsBelow('')

const PAGES: readonly (readonly string[])[] = [
  [],
  ['auth'],
  ['sync'],
  ...Object.keys(TOPICS).map((topic) => [topic]),
  ...ALL.map(({ words }) => words.split(' ')),
]

/** Lines that can be pasted, usage lines and names of variables are not broken. */
const WHOLE = /^(?: {2}spec-kitty |.*(?:\| | < )|Usage:| {2}[A-Z_]+$| {2}(?:HOME|PROJECT)\/\S+$)/

/** A comment, or the line of an example. */
const PASTED = /^ {2}(?:# |.*spec-kitty)/

describe('every page of the help', () => {
  it.each(PAGES.map((words) => [words.join(' '), words] as const))(
    "'%s' fits the terminal, and has no blank at the end of a line",
    async (_, words) => {
      for (const columns of [60, 80, 120]) {
        const lines = (await helpText(words, { hasColor: false, columns })).split('\n')
        const wide = lines.filter((line) => line.length > columns && !WHOLE.test(line))
        expect([columns, wide]).toEqual([columns, []])
        expect(lines.filter((line) => line.endsWith(' '))).toEqual([])
      }
    },
  )

  it.each(PAGES.map((words) => [words.join(' '), words] as const))(
    "'%s' has the text of an example as a comment in every line, so that the block can be pasted",
    async (_, words) => {
      const text = await helpText(words, { hasColor: false, columns: 40 })
      const [, block = ''] = /^Examples:\n((?: {2}.*\n)*)/m.exec(`${text}\n`) ?? []
      expect(block.split('\n').filter((line) => line.startsWith('  ') && !PASTED.test(line))).toEqual([])
    },
  )

  it('that lists all commands fits 40 columns, too', async () => {
    const lines = (await helpText([], { hasColor: false, columns: 40 })).split('\n')
    expect(lines.filter((line) => line.length > 40)).toEqual([])
  })

  it('is the same text with colours', async () => {
    for (const words of PAGES) {
      const colored = await helpText(words, { hasColor: true, columns: null })
      expect(colored).toContain('\u001b[')
      expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe(await helpText(words, PIPE))
    }
  })
})

describe('the help of a command', () => {
  it.each(ALL)(
    '$words: usage, options, examples, environment, exit codes',
    async ({ words, describe: load }) => {
      const text = await helpText(words.split(' '), PIPE)
      const spec = await load()
      for (const title of ['Usage', 'Options', 'Examples', 'Environment', 'Exit codes']) {
        expect(text).toMatch(new RegExp(`^${title}:`, 'm'))
      }
      for (const name of [...Object.keys(spec.options), 'help', 'quiet', 'no-color', 'verbose']) {
        expect(text).toMatch(new RegExp(`^ +(?:-\\w, +)?--${name}\\b`, 'm'))
      }
      for (const name of [...(spec.environment ?? []), ...Object.keys(COMMON_ENVIRONMENT)]) {
        expect([name, ENVIRONMENT[name]]).toEqual([name, expect.any(String)])
        expect(text).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
      }
      for (const code of Object.values(EXIT)) expect(text).toMatch(new RegExp(`^  ${code} +\\w`, 'm'))
    },
  )

  it('lists every command once', async () => {
    const text = await helpText([], PIPE)
    for (const { words } of ALL) expect(text.match(new RegExp(`^  ${words}  `, 'gm'))).toHaveLength(1)
    for (const topic of Object.keys(TOPICS)) expect(text).toContain(`help ${topic} `)
  })
})

describe('help exit-codes', () => {
  it('has every exit code', async () => {
    expect(Object.keys(EXIT_TEXTS).map(Number)).toEqual(Object.values(EXIT))
    const text = await helpText(['exit-codes'], PIPE)
    for (const code of Object.values(EXIT)) expect(text).toMatch(new RegExp(`^  ${code} `, 'm'))
  })
})

/** Variables that are no switch of the user: the platform's, and those of a service manager that are never passed on. */
const NOT_OURS = new Set(['XDG_STATE_HOME', 'LOCALAPPDATA', 'LISTEN_FDS'])

describe('help environment', () => {
  it('has exactly the variables that the source reads', () => {
    const read = new Set(['familiar', 'spec-kitty'].flatMap((name) => variablesIn(name)))
    // Each daemon has a variable that switches it off, named after it.
    for (const { name } of [syncDaemon, dashboardDaemon]) read.add(`${name.toUpperCase()}_NO_DAEMON`)
    expect([...read].filter((name) => !NOT_OURS.has(name)).toSorted()).toEqual(
      Object.keys(ENVIRONMENT).toSorted(),
    )
  })
})

/** Names in the source that are read from the environment, or are written like the variables of this tool. */
function variablesIn(name: string): readonly string[] {
  const source = fileURLToPath(new URL(`../../../${name}/src/`, import.meta.url))
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  return files
    .filter(
      (path) =>
        path.endsWith('.ts') &&
        !/(?:^|[/\\])(?:topics|topic-names|describe|testing)\b/.test(path) &&
        !path.includes('describe'),
    )
    .flatMap((path) => {
      const text = readFileSync(`${source}${path}`, 'utf8').replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
      const named = [...text.matchAll(/env\['([A-Z_]+)'\]|'((?:SPEC_KITTY|FAMILIAR)_[A-Z_]+)'/g)]
      const known = [...text.matchAll(/\b(NODE_EXTRA_CA_CERTS|homedir)\b/g)].map(([word]) =>
        word === 'homedir' ? 'HOME' : word,
      )
      return [...named.flatMap(([, one, two]) => one ?? two ?? []), ...known]
    })
}

describe('help files', () => {
  it('has every file of both daemons, and of the session, the settings and the queue', () => {
    const [home, project] = [HOME_FILES, PROJECT_FILES].map((files) => files.map(([path]) => path))
    expect(home).toEqual(expect.arrayContaining([...filesOf(syncDaemon)]))
    expect(project).toEqual(
      expect.arrayContaining(filesOf(dashboardDaemon).filter((path) => !path.endsWith('.log'))),
    )
  })
})

it('help files has what a clean-up and a replacement leave behind, and says that they do', () => {
  const { 'sync-daemon.replaced-TIME': record, 'sync-daemon.log': log } = Object.fromEntries(HOME_FILES)
  expect([record, log]).toEqual([
    expect.stringMatching(/you may remove it$/),
    expect.stringContaining('remove it'),
  ])
  expect(FILES_NOTE).toMatch(/ A clean-up of sync daemons ends processes, and removes none of these files\.$/)
})

/** Returns the files of a daemon, below its scope. */
function filesOf(daemon: typeof syncDaemon): readonly string[] {
  const values: readonly unknown[] = Object.values(definitionOf(daemon).family.files('/scope'))
  const paths = values.flat().filter((path) => typeof path === 'string')
  return paths.map((path) => path.replace('/scope/', ''))
}
