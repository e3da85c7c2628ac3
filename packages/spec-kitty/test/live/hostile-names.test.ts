import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startCli } from '../helpers/cli.js'
import { dirname } from 'node:path'
import { makeDashboardTestEnv, type DashboardTestEnv } from './dashboards.js'
import { spawnHolder } from './holder.js'
import { makeRoot, until, type SyncRoot } from './sync-root.js'

/** Directories whose names a terminal would obey: a cleared screen, a colour as one C1 character, text turned round. */
const NAME = 'a\u001b[2J\u009b31m\u202eb\nspec-kitty: c'
const SHOWN = 'a?[2J?31m?b?spec-kitty: c'

/** Everything that a terminal or an editor may obey, but line feeds. */
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/

describe('a root with a hostile name', () => {
  let root: SyncRoot

  beforeEach(() => {
    root = makeRoot(NAME)
  })

  afterEach(() => root.end())

  it('stays in its line where a command waits for its lock', async () => {
    mkdirSync(root.file('.'), { recursive: true })
    const holder = spawnHolder(root.path)
    await holder.ready
    const command = startCli(['sync', 'start'], root.env)
    let said = ''
    command.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const ended = once(command, 'exit')
    try {
      expect(await until(() => said.endsWith('\n'))).toBe(true)
    } finally {
      holder.stop()
    }
    expect(await ended).toEqual([0, null])
    root.remember()
    expect(said).toMatch(/^waiting for the lock [^\n]+, held by process \d+, \d+ s at most\n$/)
    expect(said).toContain(SHOWN)
    expect(said).not.toMatch(OBEYED)
  })

  it('is escaped in the documents of the doctor and of everything else', () => {
    root.start()
    for (const args of [
      ['auth', 'doctor'],
      ['auth', 'doctor', '--reset'],
      ['sync', 'status'],
      ['sync', 'start'],
    ]) {
      const { stdout, stderr, document } = root.json(args)
      expect([args, stderr, OBEYED.test(stdout)]).toEqual([args, '', false])
      if (args.includes('doctor')) expect(document.auth_root).toBe(root.path)
    }
    expect(root.run(['auth', 'doctor'], { env: { FORCE_COLOR: '1' } }).stdout).not.toMatch(
      /\u001b\[2J|\u009b|\u202e/,
    )
  })

  it('is shown in what is said of a damaged record', () => {
    mkdirSync(dirname(root.file('record.json')), { recursive: true })
    writeFileSync(root.file('record.json'), `{"token": "${NAME}"`)
    for (const args of [
      ['sync', 'status'],
      ['sync', 'stop'],
      ['auth', 'doctor'],
      ['auth', 'doctor', '--verbose'],
    ]) {
      const { stdout, stderr } = root.run(args)
      expect([args, OBEYED.test(stdout), OBEYED.test(stderr)]).toEqual([args, false, false])
    }
  })
})

describe('a project with a hostile name', () => {
  let place: DashboardTestEnv

  beforeEach(() => {
    place = makeDashboardTestEnv()
  })

  afterEach(() => place.end())

  it('stays in its line when it is made', async () => {
    const { status, stdout, stderr } = await place.run(place.base, ['init', NAME])
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\n$/)])
    expect(stderr).toMatch(/^made [^\n]+ a project\nits dashboard [^\n]+\n$/)
    expect(stderr).toContain(SHOWN)
    expect(stderr).not.toMatch(OBEYED)
  })
})
