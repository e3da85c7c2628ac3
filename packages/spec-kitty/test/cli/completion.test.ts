import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { skipAloud } from '../../../familiar/test/helpers/skip.js'
import { bashScript } from '../../src/cli/completion/bash.js'
import { COMPLETION } from '../../src/cli/describe/tool.js'
import { fishScript } from '../../src/cli/completion/fish.js'
import { completionModel } from '../../src/cli/completion/model.js'
import { zshScript } from '../../src/cli/completion/zsh.js'
import { commandsBelow } from '../../src/cli/command-table.js'
import { TOPICS } from '../../src/cli/topic-names.js'

/** The scripts of `completion`, loaded in the real shells, which are then asked. */
const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const
type Shell = keyof typeof SCRIPTS

let place: string

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'familiar completion '))
  const model = await completionModel({
    explain: [
      ['F-002', 'orphans: several'],
      ['cross_root', "another's daemon"],
    ],
    'config get': [
      ['sync.server_url', 'where to'],
      ['project.consent', "the project's"],
    ],
  })
  for (const [shell, script] of Object.entries(SCRIPTS))
    writeFileSync(join(place, shell), script(model, '1.0.0'))
  for (const name of ['a directory', '.hidden', '--json'])
    mkdirSync(join(place, 'files', name), { recursive: true })
  for (const name of ['events.ndjson', "it's $(touch pwned)", 'star * name'])
    writeFileSync(join(place, 'files', name), '')
})

afterAll(() => rmSync(place, { recursive: true }))

const helper = (name: string): string => fileURLToPath(new URL(`../helpers/${name}`, import.meta.url))

const FISH = 'source $argv[1]; for line in $argv[2..-1]; complete -C $line; echo ==; end'

/** What asks each shell, before the lines. */
const ASK: Readonly<Record<Shell, () => readonly [program: string, ...args: string[]]>> = {
  bash: () => ['bash', helper('ask-bash.bash'), join(place, 'bash')],
  zsh: () => ['zsh', helper('ask-zsh.zsh'), join(place, 'zsh'), join(place, 'words')],
  fish: () => ['fish', '--no-config', '-c', FISH, join(place, 'fish')],
}

/** Returns what a shell offers after each line. */
function ask(shell: Shell, lines: readonly string[]): readonly (readonly string[])[] {
  const [program, ...args] = ASK[shell]()
  const { stdout, stderr, status } = spawnSync(program, [...args, ...lines], {
    cwd: join(place, 'files'),
    env: { ...process.env, HOME: place },
    encoding: 'utf8',
    timeout: 25_000,
  })
  expect([status, stderr]).toEqual([0, ''])
  const answers = stdout.split(/^==\n/m).slice(0, -1)
  return answers.map((text) => text.split('\n').flatMap((line) => line.split('\t')[0] || []))
}

const isThere = (shell: Shell): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  it('completes commands, options, topics and files', (context) => {
    if (!isThere(shell)) skipAloud(context, `no ${shell} here`)
    const asked = {
      '': commandsBelow('').map(({ words }) => words.split(' ')[0] ?? ''),
      'sync queue ': ['retry', 'drop'],
      'sync st': ['start', 'stop', 'status'],
      'dashboard --json cl': ['clean-up', 'cleanup'],
      'help ex': [...Object.keys(TOPICS), 'explain'].filter((word) => word.startsWith('ex')),
      'help sync queue ': ['retry', 'drop'],
      'completion ': ['bash', 'zsh', 'fish'],
      'explain F': ['F-002'],
      'explain cr': ['cross_root'],
      'config get ': ['sync.server_url', 'project.consent'],
      'config get sy': ['sync.server_url'],
      'sync logs --f': ['--follow'],
      '--json auth doctor --dry': ['--dry-run'],
      'sync queue --export ev': ['events.ndjson'],
      'auth login --server ': [],
      // No flag twice, and none after --.
      'sync logs --follow --f': [],
      '--json auth doctor --js': [],
      'sync logs --lines=5 --li': [],
      'sync logs -- --f': [],
      'doctor -- ': [],
    }
    const lines = Object.keys(asked).map((line) => `spec-kitty ${line}`)
    const answers = ask(shell, lines)
    for (const [index, wanted] of Object.values(asked).entries()) {
      const found = answers[index] ?? []
      const doctor = index === 0 ? ['doctor'] : []
      expect([lines[index], [...new Set(found)].toSorted()]).toEqual([
        lines[index],
        [...new Set([...wanted, ...doctor])].toSorted(),
      ])
    }
  })

  it('offers names of files as they are, and runs nothing that is in one', (context) => {
    if (!isThere(shell)) skipAloud(context, `no ${shell} here`)
    const [its = [], star = [], directory = []] = ask(shell, [
      'spec-kitty sync queue --export it',
      'spec-kitty sync queue --export star',
      'spec-kitty init a',
    ])
    const plain = (names: readonly string[]): readonly string[] =>
      names.map((name) => name.replaceAll(/\\(.)/g, '$1'))
    expect(plain(its)).toEqual(["it's $(touch pwned)"])
    expect(plain(star)).toEqual(['star * name'])
    expect(new Set(plain(directory).map((name) => name.replace(/\/$/, '')))).toEqual(new Set(['a directory']))
    expect(spawnSync('ls', ['pwned'], { cwd: join(place, 'files') }).status).not.toBe(0)
  })

  it('offers hidden directories only for a word that begins with a dot, and none that would be a flag', (context) => {
    if (!isThere(shell)) skipAloud(context, `no ${shell} here`)
    const [all = [], hidden = []] = ask(shell, ['spec-kitty sync opt-in ', 'spec-kitty sync opt-in .h'])
    const plain = (names: readonly string[]): readonly string[] => [
      ...new Set(names.map((name) => name.replaceAll('\\', '').replace(/\/$/, ''))),
    ]
    expect([plain(all), plain(hidden)]).toEqual([['a directory'], ['.hidden']])
  })
})

it('is loaded by every new shell after the example of the help, in a home without any start files', (context) => {
  const home = join(place, 'home')
  const bin = join(place, 'bin')
  for (const directory of [home, bin]) mkdirSync(directory)
  writeFileSync(join(bin, 'spec-kitty'), `#!/bin/sh\ncat '${place}'/$2\n`, { mode: 0o755 })
  const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: home }
  const run = (...argv: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(argv[0] ?? '', argv.slice(1), { env, encoding: 'utf8' })
    return [status, stdout, stderr]
  }
  for (const [example] of COMPLETION.examples)
    expect([example, ...run('sh', '-c', example)]).toEqual([example, 0, '', ''])
  if (!isThere('fish')) skipAloud(context, 'no fish here')
  expect(run('fish', '-c', 'complete -C "spec-kitty sync queue re"')).toEqual([
    0,
    expect.stringMatching(/^retry\t/),
    '',
  ])
})
