import { describe, expect, it } from 'vitest'
import { COMMON_OPTIONS, didYouMean, parseCommand, UsageError, type CommandSpec } from 'familiar/cli'
import { isValuedFlag } from '../../src/cli/flags.js'
import { ELSEWHERE } from '../../src/cli/elsewhere.js'
import { mistake, withGuess } from '../../src/cli/mistakes.js'
import { route, type Route } from '../../src/cli/find-command.js'
import { commandNamed, commandsBelow, isGroup, knownNames, type Listed } from '../../src/cli/command-table.js'
import { TOPICS } from '../../src/cli/topic-names.js'
import { helpText } from '../../src/cli/help.js'
import { typosOf } from '../../../familiar/test/helpers/typos.js'
import { wordsOf } from '../helpers/shell-words.js'

const ALL = commandsBelow('')
const TERMINAL = { hasColor: false, columns: null }

const asked = (line: string): Promise<Route> => route(line === '' ? [] : line.split(' '), isValuedFlag)

/** Returns the one line about a command line that is wrong. */
async function wrong(line: string): Promise<string> {
  const found = await asked(line)
  if (found.kind === 'unknown' || found.kind === 'flag') return mistake(found).message
  if (found.kind === 'help') return helpText(found.words, TERMINAL).catch((error: Error) => error.message)
  if (found.kind === 'version') return 'the version'
  const spec = await specOf(found.command)
  try {
    parseCommand(spec, found.args, { command: found.name, ports: { from: 9400, to: 9450 } })
    return `runs ${found.command}`
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return (await withGuess(error, found.name, found.args)).message
  }
}

async function specOf(words: string): Promise<CommandSpec> {
  const found = ALL.find((one) => one.words === words)
  if (found === undefined) throw new Error(`no such command: ${words}`)
  return found.describe()
}

describe('every way to ask for help is the same', () => {
  it.each([...ALL.map(({ words }) => words), 'auth', 'sync', 'config', 'sync queue'])('%s', async (words) => {
    const lines = [`help ${words}`, `${words} --help`, `${words} -h`, `-h ${words}`, `--help ${words}`]
    const more = [`${words} help`, `--json ${words} --help`, `${words} --help --nonsense`]
    for (const line of [...lines, ...more]) {
      if (words === 'help' && line === 'help help') continue
      expect([line, await asked(line)]).toEqual([line, { kind: 'help', words: helpWords(words, line) }])
    }
    expect(await helpText(words.split(' '), TERMINAL)).toMatch(new RegExp(`^Usage: spec-kitty ${words}`))
  })

  it.each(Object.keys(TOPICS))('of the topic %s', async (topic) => {
    for (const line of [`help ${topic}`, `${topic} --help`, `${topic} -h`, `${topic} help`])
      expect([line, await asked(line)]).toEqual([line, { kind: 'help', words: [topic] }])
  })

  it('of everything', async () => {
    for (const line of ['', 'help', '--help', '-h', 'help --json -h', '-h --json', 'help help', 'help -h']) {
      expect([line, await asked(line)]).toEqual([
        line,
        { kind: 'help', words: /^help .*(?:help|-h)$/.test(line) ? ['help'] : [] },
      ])
    }
  })

  it('by `help`, which has no other flags', async () => {
    expect(await asked('help --json sync')).toEqual({ kind: 'help', words: ['sync'], flags: ['--json'] })
  })

  it('of a word that is a command of a group', async () => {
    expect(await asked('sync help status')).toEqual({ kind: 'help', words: ['sync', 'status'] })
    expect(await asked('init -- help')).toEqual(
      expect.objectContaining({ kind: 'run', args: ['--', 'help'] }),
    )
    expect(await asked('init ./help')).toEqual(expect.objectContaining({ kind: 'run', args: ['./help'] }))
  })
})

/** `help` alone shows everything, also where `--help` stands before it. */
function helpWords(words: string, line: string): readonly string[] {
  return words === 'help' && line === '--json help' ? [] : words.split(' ')
}

describe('the version', () => {
  it.each(['-v', '-V', '--version', '--json --version', '-V --json', '-V extra'])(
    'is told by %s',
    async (line) => {
      expect((await asked(line)).kind).toBe('version')
    },
  )

  it('and by its own command', async () => {
    expect(await asked('version')).toMatchObject({ kind: 'run', command: 'version' })
  })
})

describe('flags may stand before, between and after the words', () => {
  it.each([
    ['--json auth doctor', 'auth doctor', ['--json']],
    ['auth --json doctor', 'auth doctor', ['--json']],
    ['auth doctor --json', 'auth doctor', ['--json']],
    ['--lines 5 sync logs', 'sync logs', ['--lines', '5']],
    ['--lines=5 sync logs -f', 'sync logs', ['--lines=5', '-f']],
    ['-n 5 sync logs', 'sync logs', ['-n', '5']],
    ['--port 9401 --reset auth doctor', 'auth doctor', ['--port', '9401', '--reset']],
    ['dashboard --json status', 'dashboard status', ['--json']],
    ['sync queue --export drop', 'sync queue', ['--export', 'drop']],
    ['sync queue --dead drop E', 'sync queue drop', ['--dead', 'E']],
    ['sync publish --type status', 'sync publish', ['--type', 'status']],
    ['doctor --reset', 'auth doctor', ['--reset']],
    ['dashboard cleanup --yes', 'dashboard clean-up', ['--yes']],
    ['sync queue retry -- -E', 'sync queue retry', ['--', '-E']],
  ])('%s', async (line, command, args) => {
    expect(await asked(line)).toMatchObject({ kind: 'run', command, args })
  })

  it('no option has a value in one command and none in another', async () => {
    const kinds = new Map<string, Set<boolean>>()
    for (const one of ALL) {
      for (const [name, { value }] of Object.entries((await one.describe()).options)) {
        kinds.set(name, (kinds.get(name) ?? new Set()).add(value !== undefined))
      }
    }
    expect([...kinds].filter(([, found]) => found.size > 1)).toEqual([])
    expect(kinds.size).toBeGreaterThan(15)
  })
})

describe('a mistyped word', () => {
  const NAMES = knownNames()

  it.each(NAMES)('of %s finds its neighbour, and runs nothing', async (name) => {
    const words = name.split(' ')
    for (const [index, word] of words.entries()) {
      // The first word of a group is tried with the first command of the group.
      const isTried =
        NAMES.findIndex((one) => one.startsWith(`${words.slice(0, index + 1).join(' ')} `)) <
        NAMES.indexOf(name)
      for (const typo of isTried && index < words.length - 1 ? [] : typosOf(word)) {
        const line = words.with(index, typo).join(' ')
        if (commandNamed(line) !== null || isGroup(line)) continue
        if (name === 'init' || typo.startsWith('-')) continue
        expect([line, await wrong(line)]).toEqual([line, expect.stringMatching(suggested(name))])
      }
    }
  })

  it('is none where only a -- was too much: the guess is another text', async () => {
    expect(await wrong('sync -- status')).toBe(
      "there is no command 'sync -- status': did you mean 'sync status'?",
    )
    expect(await wrong('sync --')).toMatch(/^'sync' needs one of: /)
    expect(await wrong('sync -- frobnicate')).toMatch(
      /^there is no command 'sync -- frobnicate': 'sync' needs one of/,
    )
  })

  it('of init, too', async () => {
    for (const typo of typosOf('init'))
      expect([typo, await wrong(typo)]).toEqual([typo, expect.stringContaining("'init'")])
  })

  it.each(NAMES.filter((name) => name.includes(' ')))('%s in another order', async (name) => {
    const line = name.split(' ').toReversed().join(' ')
    expect([line, await wrong(line)]).toEqual([line, expect.stringMatching(suggested(name))])
  })

  it.each(Object.keys(TOPICS))('of the topic %s', async (topic) => {
    for (const typo of typosOf(topic)) {
      if (typo.startsWith('-')) continue
      const text = await wrong(`help ${typo}`)
      expect([typo, text]).toEqual([typo, expect.stringContaining(`did you mean '${topic}'?`)])
    }
  })

  it.each([
    [
      'stauts',
      "there is no command 'stauts': did you mean 'sync status', 'dashboard status' or 'auth status'?",
    ],
    [
      'config set sync.hosted true',
      "spec-kitty does not write settings: edit config.toml in its home, or set a variable ('spec-kitty config list' shows them)",
    ],
    ['synch status', "there is no command 'synch status': did you mean 'sync status'?"],
    ['doctor auth', "unexpected word 'auth' after 'doctor': did you mean 'auth doctor'?"],
    ['auth doctor now', "unexpected word 'now' after 'auth doctor'"],
    ['auth doctor reset', "unexpected word 'reset' after 'auth doctor': did you mean 'auth doctor --reset'?"],
    ['doctor --reset 9401', "unexpected word '9401' after 'doctor': did you mean '--port 9401'?"],
    [
      'dashboard clean-up 9240',
      "unexpected word '9240' after 'dashboard clean-up': did you mean '--port 9240'?",
    ],
    ['sync status 9401', "unexpected word '9401' after 'sync status'"],
    ['doctor dry-run', "unexpected word 'dry-run' after 'doctor': did you mean 'doctor --dry-run'?"],
    ['sync status json', "unexpected word 'json' after 'sync status': did you mean 'sync status --json'?"],
    ['dashboard reset', "unexpected word 'reset' after 'dashboard': did you mean 'dashboard clean-up'?"],
    ['auth reset', "there is no command 'auth reset': did you mean 'auth doctor --reset'?"],
    ['sync orphans', "there is no command 'sync orphans': did you mean 'auth doctor --reset'?"],
    ['sync queue retr E1', "unexpected word 'retr' after 'sync queue': did you mean 'sync queue retry'?"],
    ['sync enable', "there is no command 'sync enable': did you mean 'sync opt-in'?"],
    ['sync off', "there is no command 'sync off': did you mean 'sync opt-out'?"],
    ['sync retry ID', "there is no command 'sync retry ID': did you mean 'sync queue retry'?"],
    ['sync send x', "there is no command 'sync send x': did you mean 'sync now'?"],
    ['sync login', "there is no command 'sync login': did you mean 'auth login'?"],
    [
      'dashboard list',
      "unexpected word 'list' after 'dashboard': did you mean 'dashboard clean-up --dry-run'?",
    ],
    ['dashboard ls', "unexpected word 'ls' after 'dashboard': did you mean 'dashboard clean-up --dry-run'?"],
    ['dashboard --list', "unknown option '--list': did you mean 'dashboard clean-up --dry-run'?"],
    ['dashboard --clean-up', "unknown option '--clean-up': did you mean 'dashboard clean-up'?"],
    ['dashboard clean-up --reset', "unknown option '--reset': did you mean 'dashboard clean-up'?"],
    ['dashboard cleanup --reset', "unknown option '--reset': did you mean 'dashboard clean-up'?"],
    ['daemon list', "there is no command 'daemon list': did you mean 'sync list'?"],
    ['ps', "there is no command 'ps': did you mean 'sync list' or 'auth doctor'?"],
    ['daemon', "there is no command 'daemon': did you mean 'sync status' or 'sync list'?"],
    ['daemon stop', "there is no command 'daemon stop': did you mean 'sync stop' or 'dashboard stop'?"],
    ['sync prune', "there is no command 'sync prune': did you mean 'auth doctor --reset'?"],
    ['sync stop --all', "unknown option '--all': did you mean 'sync list'?"],
    ['dashboard stop --all', "unknown option '--all': did you mean 'dashboard clean-up --dry-run'?"],
    ['doctor --yes', "unknown option '--yes': did you mean 'auth doctor --reset'?"],
    [
      'doctor --reset --yes',
      "unknown option '--yes': --reset asks only on a terminal, and only about what needs a decision; --force ends that without a question",
    ],
    ['sync --status', "there is no command 'sync --status': did you mean 'sync status'?"],
    ['sync --json --stop', "there is no command 'sync --stop': did you mean 'sync stop'?"],
    ['doctor -r', "unknown option '-r': did you mean 'auth doctor --reset'?"],
    [
      'kill --json',
      "there is no command 'kill': did you mean 'auth doctor --reset' or 'dashboard clean-up'?",
    ],
    ['sync kill', "there is no command 'sync kill': did you mean 'sync stop' or 'auth doctor --reset'?"],
    [
      'dashboard kill',
      "unexpected word 'kill' after 'dashboard': did you mean 'dashboard stop' or 'dashboard clean-up'?",
    ],
    ['log', "there is no command 'log': did you mean 'sync logs' or 'dashboard logs'?"],
    ['sign-in', "there is no command 'sign-in': did you mean 'auth login'?"],
    ['auth sign-in', "there is no command 'auth sign-in': did you mean 'auth login'?"],
    ['auth whoami', "there is no command 'auth whoami': did you mean 'auth status'?"],
    ['environment', "there is no command 'environment': did you mean 'help environment'?"],
    ['exit-codes', "there is no command 'exit-codes': did you mean 'help exit-codes'?"],
    ['F-002', "there is no command 'F-002': did you mean 'explain F-002'?"],
    ['help S11', "there is no help for 'S11': did you mean 'explain S11'?"],
    ['bogus help', "there is no help for 'bogus'"],
    // What was typed is no suggestion.
    ['doctor extra', "unexpected word 'extra' after 'doctor'"],
    ['doctor -- --help', "unexpected word '--help' after 'doctor'"],
    ['doctor --no-color=1', '--no-color takes no value'],
    ['sync status --colour', "unknown option '--colour': did you mean '--no-color'?"],
    ['doctor --debug', "unknown option '--debug': did you mean '--verbose'?"],
    ['doctor --reset --force-all', "unknown option '--force-all': did you mean 'auth doctor --reset'?"],
    ['frobnicate', "there is no command 'frobnicate'"],
    // Every object has members with these names.
    ['constructor', "there is no command 'constructor'"],
    ['__proto__', "there is no command '__proto__'"],
    ['toString', "there is no command 'toString'"],
    ['help constructor', "there is no help for 'constructor'"],
    ['config get constructor --toString', "unknown option '--toString'"],
    ['config frobnicate', "there is no command 'config frobnicate': 'config' needs one of: list, get"],
    ['config', "'config' needs one of: list, get"],
    [
      'stauts --help',
      "there is no help for 'stauts': did you mean 'sync status', 'dashboard status' or 'auth status'?",
    ],
    ['--json', "'--json' needs a command"],
    ['--', "'--' needs a command"],
    ['-- sync status', "there is no command '-- sync status': did you mean 'sync status'?"],
    ['-- auth doctor', "there is no command '-- auth doctor': did you mean 'auth doctor'?"],
    ['-- frobnicate', "there is no command '-- frobnicate'"],
    ['--verison', "unknown option '--verison': did you mean '--version'?"],
    ['\u2013version', "'\u2013version' begins with a dash that is no hyphen: write --version"],
    ['\u2013\u2013json sync status', "'\u2013\u2013json' begins with a dash that is no hyphen: write --json"],
  ])('%s', async (line, message) => {
    expect(await wrong(line)).toBe(message)
  })

  it.each([
    ...['clean', 'cleanup', 'clean up', 'reset', 'orphans', 'kill', 'stale', 'old', 'prune'].map((word) => [
      word,
    ]),
    ['help reset'],
    ['kill --help'],
  ])('%s: names both commands that clean up, in one line', async (line) => {
    expect(await wrong(line)).toMatch(
      /^there is no [^\n]*: did you mean 'auth doctor --reset' or 'dashboard clean-up'\?$/,
    )
  })
})

describe('a command in one word, as a quoted variable makes it', () => {
  it.each([['sync start'], ['help sync'], ['doctor --json'], ['sync  start'], [' doctor ']])(
    '%j',
    async (word) => {
      const found = await route([word], isValuedFlag)
      expect(found.kind).toBe('unknown')
      expect(mistake(found as Parameters<typeof mistake>[0]).message).toBe(
        `'${word}' is one word: leave out the quotes around it`,
      )
    },
  )

  it('is told apart from an argument with a blank', async () => {
    expect(await route(['init', 'my project'], isValuedFlag)).toMatchObject({ kind: 'run', command: 'init' })
    const found = await route(['no such', 'command'], isValuedFlag)
    expect(mistake(found as Parameters<typeof mistake>[0]).message).toMatch(/^there is no command 'no such/)
  })
})

describe('the table of what people type for a command', () => {
  it.each(Object.entries(ELSEWHERE))('%s: does not exist, and %s does', async (typed, meant) => {
    const all = [meant].flat()
    for (const one of all) expect(await wrong(one)).toBe(`runs ${one.replace(/ --.*/, '')}`)
    const text = await wrong(typed)
    expect(text.slice(text.indexOf(': did'))).toBe(didYouMean(all))
  })
})

/** A suggestion may call the command by any of its names, and name others that are as near. */
function suggested(name: string): RegExp {
  const names = knownNames().filter((one) => one === name || (commandNamed(one) ?? 0) === commandNamed(name))
  return new RegExp(`did you mean.*(?:${names.map((one) => `${one.split(' ').at(-1) ?? ''}'`).join('|')})`)
}

/** The flags that were tried with a command. */
const tried = new Set<string>()

describe.each(ALL)('$words', (one: Listed) => {
  it('finds the neighbour of every mistyped flag', async () => {
    const spec = await one.describe()
    const names = Object.keys({ ...spec.options, ...COMMON_OPTIONS })
    for (const name of Object.keys(spec.options).filter((one) => !tried.has(one))) {
      tried.add(name)
      for (const typo of typosOf(name)) {
        if (names.includes(typo) || typo.startsWith('-')) continue
        const line = `${one.words} --${typo}`
        expect([line, await wrong(line)]).toEqual([line, expect.stringContaining(`'--${name}'`)])
      }
    }
  })

  it('is described in full', async () => {
    const spec = await one.describe()
    expect(spec.about).toMatch(/^[A-Z][^\n]*\.$/)
    expect(one.summary).toMatch(/^[a-z][^\n]*[^.]$/)
    expect(spec.examples.length).toBeGreaterThanOrEqual(2)
    expect(spec.examples.length).toBeLessThanOrEqual(3)
    expect(spec.exits[0]).toBeDefined()
    // What exit 1 means in general is not true of each command.
    expect(spec.exits[1]).toBeDefined()
    const known = new Set(Object.keys(spec.options))
    for (const { lead, may } of spec.forms ?? []) {
      expect([...(lead === undefined ? [] : [lead]), ...may].filter((name) => !known.has(name))).toEqual([])
    }
  })

  it('has examples that can be typed', async () => {
    for (const [line] of (await one.describe()).examples) {
      const commands = wordsOf(line).filter(([program]) => program === 'spec-kitty')
      expect([line, commands.length > 0]).toEqual([line, true])
      for (const [, ...args] of commands) {
        const found = await route(args, isValuedFlag)
        if (found.kind === 'help') continue
        if (found.kind !== 'run') throw new Error(`${line}: ${found.kind}`)
        const ports = { from: 1, to: 65_536 }
        parseCommand(await specOf(found.command), found.args, { command: found.name, ports })
      }
    }
  })
})
