import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCli } from '../helpers/cli.js'

/** Whatever a home, a project and a server are called, what a command proposes does the same in a real shell. */
let base: string

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-hostile-')))
  for (const name of ['bin', 'paste', 'user']) mkdirSync(join(base, name))
  const stub = join(base, 'bin/spec-kitty')
  writeFileSync(
    stub,
    `#!/bin/sh\nprintf '%s\\0' "$0" "$SPEC_KITTY_HOME" "$@" >>"$CALLS"; printf '\\001' >>"$CALLS"\n`,
  )
  chmodSync(stub, 0o755)
  for (const name of ['mv', 'rm', 'mkdir', 'chmod', 'cp', 'printenv', 'touch'])
    symlinkSync(stub, join(base, 'bin', name))
})

afterEach(() => rmSync(base, { recursive: true }))

/** Names of one directory: none has a slash. */
const NAMES = [
  'i$(touch PWNED) spec-kitty sync x',
  "a' spec-kitty auth login; touch PWNED; '",
  'b"`touch PWNED`" spec-kitty config list',
  "line\nspec-kitty sync stop '\ttab",
  'c  # spec-kitty sync queue: spec-kitty sync now',
  '-rf $HOME; spec-kitty sync now --help',
  "back\\slash ' spec-kitty explain x",
]

interface Called {
  readonly program: string
  readonly home: string
  readonly args: readonly string[]
}

/** Runs a line as it was printed, in a directory with a FILE, and returns what it called. */
function paste(line: string): readonly Called[] {
  const [calls, cwd] = [join(base, 'calls'), join(base, 'paste')]
  writeFileSync(calls, '')
  writeFileSync(join(cwd, 'FILE'), '')
  const { status, stderr } = spawnSync('/bin/sh', ['-c', line], {
    cwd,
    env: { PATH: join(base, 'bin'), CALLS: calls },
    encoding: 'utf8',
  })
  expect([line, status, stderr, readdirSync(cwd)]).toEqual([line, 0, '', ['FILE']])
  return readFileSync(calls, 'utf8')
    .split('\u0001')
    .slice(0, -1)
    .map((one) => {
      const [program = '', home = '', ...args] = one.split('\0').slice(0, -1)
      return { program: program.slice(join(base, 'bin/').length), home, args }
    })
}

/** Returns every command in a document: those of `nothing_leaves`, of remedies and of errors. */
function commandsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(commandsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => {
    if (name === 'commands') return one as string[]
    if (name === 'command' || name === 'command_shown') return [one as string]
    if (name === 'remediation' && typeof one === 'string')
      return /(?:^|: )((?:SPEC_KITTY_HOME=|spec-kitty |mv |rm ).*)$/s.exec(one)?.slice(1) ?? []
    return commandsIn(one)
  })
}

/** Returns the lines that are a command as a whole. */
function commandLines(text: string): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => /^\s*(?:\w[\w -]*: )?((?:SPEC_KITTY_HOME=|mkdir |rm |mv |printenv ).*)$/.exec(line)?.[1])
  return lines.filter((line) => line !== undefined)
}

const ASKED = [
  ['sync', 'status'],
  ['sync', 'queue'],
  ['sync', 'now'],
  ['sync', 'start', '--wait', 'x'],
  ['auth', 'status'],
  ['auth', 'doctor'],
  ['config', 'get', 'sync.max_queue_size'],
] as const

it.each(NAMES)('a command for a home, projects and a server called %j', (name) => {
  const home = join(base, `home ${name}`)
  const [here, gone] = [join(base, `here ${name}`), join(base, `gone ${name}`)]
  const at = { SPEC_KITTY_HOME: home, HOME: join(base, 'user'), SPEC_KITTY_SYNC_DISABLE: '1' }
  const env = { ...at, SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
  const url = `https://sync.example.org/${name.replaceAll(/[\s#\\]/g, '')}`
  for (const project of [here, gone]) {
    mkdirSync(join(project, '.kittify'), { recursive: true })
    const { status } = runCli(['sync', 'publish', '--type', 'X'], { env, cwd: project })
    expect(status).toBe(0)
  }
  rmSync(gone, { recursive: true })
  const copy = join(base, `copy ${name}`)
  for (const side of ['', '-wal', '-shm']) {
    const file = join(home, `daemons/sync/queue.db${side}`)
    if (existsSync(file)) cpSync(file, copy + side)
  }
  const values = new Set([copy, here, gone, join(here, '.kittify'), join(gone, '.kittify')])
  const seen = new Set<string>()
  const check = (line: string): void => {
    for (const { program, home: set, args } of paste(line)) {
      if (program !== 'spec-kitty') continue
      const words = args.filter((word) => !values.has(word) && !word.startsWith('https://sync.example.org/'))
      expect([line, words.filter((word) => !/^[\w.:/-]+$/.test(word))]).toEqual([line, []])
      for (const word of args)
        if (word.startsWith('https://sync.')) expect(decodeURI(word)).toBe(decodeURI(new URL(url).href))
      const isOfHome = ['auth', 'config', 'sync'].includes(args[0] ?? '')
      expect([line, set]).toEqual([line, isOfHome ? home : ''])
      seen.add(args.slice(0, 2).join(' '))
    }
  }
  const places = [env, at, { ...env, SPEC_KITTY_SAAS_URL: url }]
  for (const one of places)
    for (const args of [...ASKED, ['sync', 'queue', '--export', '-', '--from', copy]]) {
      const { stdout } = runCli([...args, '--json'], { env: one, cwd: here })
      for (const text of stdout.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}')))
        for (const command of commandsIn(JSON.parse(text))) check(command)
      if (stdout.startsWith('{\n')) for (const command of commandsIn(JSON.parse(stdout))) check(command)
      const shown = runCli(args, { env: one, cwd: here })
      for (const line of commandLines(`${shown.stdout}\n${shown.stderr}`)) check(line)
    }
  expect([...seen].toSorted()).toEqual(
    expect.arrayContaining(['auth login', 'sync opt-in', 'sync publish', 'sync queue']),
  )
})
