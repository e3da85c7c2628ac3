import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  chownSync,
  chmodSync,
} from 'node:fs'
import { join } from 'node:path'
import { ownProcessName } from 'familiar/cli'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openQueue } from '../../src/sync/queue/open-queue.js'
import { quarantinedDatabases } from '../../src/sync/queue/quarantined-databases.js'
import { NOBODY, needRoot } from '../../../familiar/test/helpers/skip.js'
import { asNobody, runCli } from '../helpers/cli.js'
import { mountAt, NO_MOUNT } from './sync-mount.js'
import { makeRoot, signal, skipAloud, type SyncRoot } from './sync-root.js'
import { expectValid } from '../helpers/schemas.js'
import { makeShell } from './sync-shell.js'

/** `sync publish` and `sync queue`: what they print and return, where the disk does not do as it should too. */
let root: SyncRoot
let project: string

beforeEach(() => {
  root = makeRoot()
  project = join(root.base, 'app')
  mkdirSync(join(project, '.kittify'), { recursive: true })
})

afterEach(() => root.end())

const publish = (...args: readonly string[]) => root.run(['sync', 'publish', '--project', project, ...args])
const queue = () => root.json(['sync', 'queue']).document

describe('sync publish', () => {
  it('queues one event of a project, with what it leaves out, and shows it', () => {
    writeFileSync(join(project, '.kittify', 'config.yaml'), '# mine\nproject:\n  uuid: 5f0c\n')
    expect(publish('--type', 'Moved', '--data', '{"to":12345678901234567890}')).toMatchObject({
      status: 0,
      stdout: 'queued 1 event\n',
      stderr: '',
    })
    const shown = root.run(['sync', 'queue', '--export', '-']).stdout
    expect(shown).toMatch(
      /^\{"event_id":"[0-9A-Z]{26}","project_uuid":"5f0c","timestamp":"[^"]*Z","event_type":"Moved","payload":\{"to":12345678901234567890\}\}\n$/,
    )
    expect(queue()).toMatchObject({
      queued: 1,
      dead_letters: 0,
      projects: [
        { project, project_uuid: '5f0c', queued: 1, attempts: 0, last_error: null, reason: 'no_consent' },
      ],
      damaged_databases: [],
    })
  })

  it('fails in one line where stdin cannot be read, and takes an empty one', () => {
    const shell = makeShell(root)
    const command = `spec-kitty sync publish - --project ${project}`
    for (const [input, status, stdout, stderr] of [
      [project, 1, '', /^spec-kitty: cannot read stdin: EISDIR\n$/],
      ['/dev/null', 0, 'queued 0 events\n', /^$/],
    ] as const) {
      const ran = shell(`${command} < ${input}`)
      expect([ran.status, ran.stdout]).toEqual([status, stdout])
      expect(ran.stderr).toMatch(stderr)
    }
    const token = shell(`spec-kitty auth login --server http://127.0.0.1:1 --with-token < ${project}`)
    expect([token.status, token.stderr]).toEqual([1, expect.stringContaining('cannot read stdin: EISDIR')])
  })

  it('gives a project without an id the same one each time, and another project another one', () => {
    const other = join(root.base, 'other')
    mkdirSync(join(other, '.kittify'), { recursive: true })
    for (const at of [project, project, other]) root.run(['sync', 'publish', '--type', 'T', '--project', at])
    const lines = root.run(['sync', 'queue', '--export', '-']).stdout.trimEnd().split('\n')
    const [first, second, third] = lines.map((line) => JSON.parse(line).project_uuid)
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect([second === first, third === first]).toEqual([true, false])
  })

  it('queues no event whose project has an id that cannot be read', () => {
    writeFileSync(join(project, '.kittify', 'config.yaml'), 'project: [\n')
    const { status, stdout, stderr } = publish('--type', 'T')
    expect([status, stdout, stderr]).toEqual([
      1,
      'the event was not queued\n',
      expect.stringMatching(
        /^the event: project_uuid is missing, and \S+ cannot be read [^\n]*: correct that file\n$/,
      ),
    ])
  })

  it('starts no daemon unless hosted sync is on, and then tells the one that it starts', () => {
    expect(publish('--type', 'T').status).toBe(0)
    expect(root.remember()).toBe(null)
    const env = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
    const args = ['sync', 'publish', '--project', project, '--type', 'T']
    expect(root.run(args, { env: { ...env, SPEC_KITTY_SYNC_DISABLE: '1' } })).toMatchObject({
      status: 0,
      stderr: '',
    })
    expect(root.remember()).toBe(null)
    // On a busy machine a start may take longer than publish waits: then the next one tries again.
    for (let attempt = 1; attempt <= 20 && root.remember() === null; attempt += 1) {
      expect(root.run(args, { env })).toMatchObject({ status: 0, stdout: 'queued 1 event\n' })
    }
    expect(root.remember()).not.toBe(null)
  })

  it('does not fail because of a daemon that does not answer', () => {
    const daemon = root.start()
    signal(daemon, 'SIGSTOP')
    const args = ['sync', 'publish', '--project', project, '--type', 'T']
    const { status, stdout, stderr } = root.run(args, { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } })
    expect([status, stdout]).toEqual([0, 'queued 1 event\n'])
    expect(stderr).toMatch(/^the events are queued; the sync daemon was not told: [^\n]+\n$/)
    signal(daemon, 'SIGCONT')
    expect(queue().queued).toBe(1)
  })

  it('says in JSON what was queued before the queue was full, and from which line on nothing is', () => {
    mkdirSync(root.path, { recursive: true })
    writeFileSync(join(root.path, 'config.toml'), '[sync]\nmax_queue_size = 1200\n')
    const line = (id: number): string => JSON.stringify({ event_id: `e-${id}`, event_type: 'T' })
    const lines = Array.from({ length: 1500 }, (_, index) => line(index + 1))
    const input = [lines[0], '{', ...lines].join('\n')
    const args = ['sync', 'publish', '-', '--json']
    const { status, stdout } = runCli(args, { env: root.env, cwd: project, input })
    expect(status).toBe(1)
    const document = JSON.parse(stdout)
    expectValid('sync-publish-failed', document)
    expect(document).toMatchObject({
      ok: false,
      error: { code: 'E_QUEUE_FULL' },
      queued: 999,
      duplicates: 1,
      rejected: [{ line: 2 }],
      rejected_count: 1,
      next_line: 1002,
    })
    expect(queue().queued).toBe(999)
  })

  it('says what is wrong with the cap in the configuration, and queues', () => {
    mkdirSync(root.path, { recursive: true })
    for (const [text, why] of [
      ['[sync]\nmax_queue_size = "many"\n', 'sync.max_queue_size must be a whole number'],
      ['[[[', 'config.toml cannot be read'],
    ] as const) {
      writeFileSync(join(root.path, 'config.toml'), text)
      const { status, stderr } = publish('--type', 'T')
      expect([status, stderr]).toEqual([0, expect.stringContaining(why)])
      expect(stderr).toContain(': at most 100000 events may wait\n')
    }
  })

  it.each([
    [[]],
    [['-', '--type', 'T']],
    [['x']],
    [['--type', 'T', '--data', '{']],
    [['--type', 'T', '--nonsense']],
    [['--type', 'T', '--project', '/']],
  ])('refuses %j: one line, exit 2, and no queue', (args) => {
    const { status, stdout, stderr } = runCli(['sync', 'publish', ...args], { env: root.env, cwd: project })
    expect([status, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
    expect(existsSync(root.path)).toBe(false)
  })
})

describe('sync queue', () => {
  it('shows nothing where there is none, and creates none', () => {
    expect(root.run(['sync', 'queue'])).toMatchObject({ status: 0, stdout: 'no events wait\n', stderr: '' })
    expect(root.run(['sync', 'queue', '--dead']).stdout).toBe('the server rejected no event\n')
    const none = join(root.base, 'none')
    expect(root.run(['sync', 'queue', '--export', none]).stderr).toBe(
      'exported 0 events; no file was written\n',
    )
    expect(existsSync(none)).toBe(false)
    expect(root.run(['sync', 'queue', 'retry', 'x'])).toMatchObject({ status: 1 })
    expect(existsSync(root.path)).toBe(false)
  })

  it('exports into no file of its own, such as the WAL that SQLite removes', () => {
    publish('--type', 'T')
    expect(root.run(['sync', 'queue', '--export', root.file('queue.db-wal')])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('spec-kitty uses this name itself'),
    })
  })

  it('exports into a new private file, which publish takes back', () => {
    const file = join(root.base, 'events.ndjson')
    publish('--type', 'T', '--data', '"\u2028\u200f"')
    expect(root.json(['sync', 'queue', '--export', file]).document).toMatchObject({ exported: 1, file })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(root.run(['sync', 'queue', '--export', file])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`cannot write ${file}: it exists already`),
    })
    // On stdout, what a terminal could act on is escaped: it is the same JSON.
    const shown = root.run(['sync', 'queue', '--export', '-']).stdout
    expect(shown).toContain('"\\u2028\\u200f"')
    expect(JSON.parse(shown)).toEqual(JSON.parse(readFileSync(file, 'utf8')))
    const { stdout } = root.run(['sync', 'publish', '-', '--project', project], {
      input: readFileSync(file, 'utf8'),
    })
    expect(stdout).toBe('queued 0 events, 1 already there\n')
  })

  it('exports what waits for one project, also for one that is gone, so that another one can have it', () => {
    const moved = join(root.base, 'moved')
    mkdirSync(join(moved, '.kittify'), { recursive: true })
    publish('--type', 'Here')
    root.run(['sync', 'publish', '--project', moved, '--type', 'Moved'])
    rmSync(moved, { recursive: true })
    const file = join(root.base, 'moved.ndjson')
    const exported = root.run(['sync', 'queue', '--export', file, '--project', moved])
    expect([exported.status, exported.stderr]).toEqual([0, `exported 1 event of ${moved}\n`])
    expect(readFileSync(file, 'utf8')).toMatch(/^[^\n]*"event_type":"Moved"[^\n]*\n$/)
    const input = readFileSync(file, 'utf8')
    expect(root.run(['sync', 'publish', '-', '--project', project], { input }).stdout).toBe(
      'queued 1 event\n',
    )
    expect(queue().projects).toMatchObject([{ project, queued: 2 }])
    expect(root.run(['sync', 'queue', '--project', moved])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--project needs --export'),
    })
  })

  it('shows what the server rejected, and sends it again or drops it', async () => {
    const ids = ['-odd', 'b', 'c']
    const lines = ids.map((id) => `${JSON.stringify({ event_id: id, event_type: 'T' })}\n`)
    root.run(['sync', 'publish', '-', '--project', project], { input: lines.join('') })
    await rejectAll()
    expect(root.json(['sync', 'queue', '--dead']).document).toMatchObject({
      dead_letters: ids.map((id) => ({
        event_id: id,
        reason: 'no such project',
        category: 'schema',
        attempts: 1,
      })),
    })
    expect(root.run(['sync', 'queue']).stdout).toBe(
      'no events wait\n\nthe server rejected 3 events: spec-kitty sync queue --dead shows why\n',
    )
    expect(root.run(['sync', 'queue', 'retry', '--', '-odd', 'none'])).toMatchObject({
      status: 1,
      stdout: '1 of 2 events waits again\n',
      stderr: 'not among the rejected events: none\n',
    })
    expect(root.run(['sync', 'queue', 'drop', 'b'])).toMatchObject({ status: 2, stdout: '' })
    expect(root.json(['sync', 'queue', 'drop', 'b', '-odd', '--yes'].toSpliced(4, 1)).document).toMatchObject(
      {
        dropped: ['b'],
      },
    )
    expect(root.run(['sync', 'queue', '--export', '-', '--dead']).stdout).toContain('"event_id":"c"')
    expect(queue()).toMatchObject({ queued: 1, dead_letters: 1 })
  })

  it('lets all rejected events wait again, or removes them, without their names', async () => {
    const publishAndReject = async (...ids: readonly string[]): Promise<void> => {
      const lines = ids.map((id) => `${JSON.stringify({ event_id: id, event_type: 'T' })}\n`)
      root.run(['sync', 'publish', '-', '--project', project], { input: lines.join('') })
      await rejectAll()
    }
    await publishAndReject('-odd', 'b')
    expect(root.run(['sync', 'queue', 'retry', '--all'])).toMatchObject({
      status: 0,
      stdout: '2 of 2 events wait again\n',
    })
    expect(queue()).toMatchObject({ queued: 2, dead_letters: 0 })
    for (const more of [['retry'], ['drop', '--yes']]) {
      expect(root.run(['sync', 'queue', ...more, '--all'])).toMatchObject({
        status: 0,
        stdout: 'the server rejected no event\n',
      })
    }
    await publishAndReject('c')
    expect(root.run(['sync', 'queue', 'drop', '--all'])).toMatchObject({ status: 2, stdout: '' })
    expect(root.json(['sync', 'queue', 'drop', '--all', '--yes']).document).toEqual({
      schema_version: 3,
      dropped: ['-odd', 'b', 'c'],
      not_found: [],
    })
    expect(queue()).toMatchObject({ queued: 0, dead_letters: 0 })
    for (const more of [
      ['retry'],
      ['retry', 'c', '--all'],
      ['drop', 'c', '--all'],
      ['drop', '--all', '--project', '.'],
    ])
      expect(root.run(['sync', 'queue', ...more])).toMatchObject({ status: 2, stdout: '' })
  })

  it('says that a correction of a rejected event is not taken before the event is dropped', async () => {
    const lines = (...ids: readonly string[]): { readonly input: string } => ({
      input: ids.map((id) => `${JSON.stringify({ event_id: id, event_type: 'T' })}\n`).join(''),
    })
    const args = ['sync', 'publish', '-', '--project', project]
    root.run(args, lines('a', 'b'))
    await rejectAll()
    root.run(args, lines('c'))
    expect(root.run(args, lines('a'))).toMatchObject({
      status: 0,
      stdout:
        'queued 0 events, 1 already there, rejected by the server (spec-kitty sync queue --dead; drop it first to send a corrected one)\n',
    })
    expect(root.run(args, lines('a', 'b', 'c')).stdout).toBe(
      'queued 0 events, 1 already there, 2 already there, rejected by the server (spec-kitty sync queue --dead; drop them first to send a corrected one)\n',
    )
    expect(root.json(args, lines('a', 'c')).document).toMatchObject({
      queued: 0,
      duplicates: 2,
      duplicates_dead: 1,
    })
    expect(root.run(['sync', 'queue', '--dead']).stdout.split('\n').slice(-4)).toEqual([
      'look at them: spec-kitty sync queue --dead --export FILE',
      'send them again unchanged, once the server takes them: spec-kitty sync queue retry --all',
      'remove some, also to publish corrected ones: spec-kitty sync queue drop EVENT... --yes',
      '',
    ])
  })

  it('leaves a damaged database where it is while it only looks, and says so', () => {
    publish('--type', 'T')
    const path = root.file('queue.db')
    const damaged = readFileSync(path).fill(0xa5, 0, 100)
    writeFileSync(path, damaged)
    for (const more of [[], ['--dead']]) {
      const { status, stdout, stderr } = root.run(['sync', 'queue', ...more])
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toContain(`the queue ${path} is damaged (`)
      expect(root.json(['sync', 'queue', ...more]).document.error.code).toBe('E_QUEUE_CORRUPT')
    }
    expect([readFileSync(path).equals(damaged), quarantinedDatabases(path)]).toEqual([true, []])
  })

  it('exports what can be read of a damaged database, says how to queue it again, and warns until it is removed', () => {
    publish('--type', 'T')
    const path = root.file('queue.db')
    writeFileSync(path, readFileSync(path).fill(0xa5, 0, 100))
    const file = join(root.base, 'saved events.ndjson')
    const { status, stderr } = root.run(['sync', 'queue', '--export', file])
    const [aside] = quarantinedDatabases(path)
    const [again = '', remove = ''] = stderr.split('\n').filter((line) => line.startsWith('  '))
    expect([status, stderr]).toEqual([
      0,
      [
        `the queue was damaged: it was moved to ${aside}, and a new one started`,
        'exported 1 event',
        '1 event was in a damaged database; to queue it again:',
        again,
        'then what was put aside can be removed:',
        remove,
        '',
      ].join('\n'),
    ])
    expect(root.run(['sync', 'queue']).stdout).toContain(`damaged and put aside: ${aside}\n`)
    const warned = (): boolean =>
      root.json(['auth', 'doctor']).document.findings.some(({ id }: { id: string }) => id === 'F-022')
    const back = makeShell(root)(again)
    expect([back.status, back.stderr]).toEqual([
      0,
      expect.stringContaining(`to remove it once its events are queued again:\n${remove}\n`),
    ])
    expect([queue().queued, warned()]).toEqual([1, true])
    // A second export to the same file would fail: what is left is named here too.
    expect(root.run(['sync', 'status']).stdout).toMatch(
      / and exported; once the exported events are queued again,\s+remove it:\n +rm \S+queue\.db\.corrupt-\S+Z\*\n/,
    )
    expect(makeShell(root)(remove).status).toBe(0)
    expect([quarantinedDatabases(path), warned()]).toEqual([[], false])
    expect(root.run(['sync', 'queue', '--export', '-']).stderr).toBe('exported 1 event\n')
  })

  it('proposes to remove no damaged database before its rejected events are exported too', async () => {
    publish('--type', 'Rejected')
    await rejectAll()
    publish('--type', 'Waiting')
    const path = root.file('queue.db')
    writeFileSync(path, readFileSync(path).fill(0xa5, 0, 100))
    const files = ['waiting', 'rejected'].map((name) => join(root.base, name)) as [string, string]
    const { stderr } = root.run(['sync', 'queue', '--export', files[0]])
    const [aside] = quarantinedDatabases(path)
    expect(stderr).toContain(`events that the server had rejected are in ${aside}; to save them:\n`)
    const shown = () => [root.run(['sync', 'status']).stdout, root.run(['auth', 'doctor']).stdout].join('\n')
    expect(stderr + shown()).not.toMatch(/^ *\S* ?rm /m)
    expect(shown()).toContain('spec-kitty sync queue --dead --export FILE')
    expect(root.run(['sync', 'queue', '--dead', '--export', files[1]]).status).toBe(0)
    expect(files.map((file) => JSON.parse(readFileSync(file, 'utf8')).event_type)).toEqual([
      'Waiting',
      'Rejected',
    ])
    expect(shown()).toMatch(/^ +rm \S+queue\.db\.corrupt-\S+Z\*$/m)
  })

  it('says of a database in which nothing can be read that this is so', () => {
    publish('--type', 'T')
    const path = root.file('queue.db')
    for (const side of ['-wal', '-shm']) rmSync(path + side, { force: true })
    writeFileSync(path, 'no database '.repeat(2_000))
    const { status, stderr } = root.run(['sync', 'queue', '--export', '-'])
    expect(status).toBe(1)
    const [aside] = quarantinedDatabases(path)
    expect(stderr).toContain(
      `exported 0 events\nno event could be read in ${aside}: it is not a database, or its beginning is damaged\n`,
    )
    expect(root.json(['sync', 'queue', '--export', join(root.base, 'none')]).document).toMatchObject({
      exported: 0,
      salvaged: 0,
      unreadable_databases: [aside],
    })
    expect(existsSync(join(root.base, 'none'))).toBe(false)
  })

  it('tells how many events were in a database in which nothing can be read, also after it is removed', () => {
    for (const type of ['A', 'B', 'C']) publish('--type', type)
    const path = root.file('queue.db')
    for (const side of ['-wal', '-shm']) rmSync(path + side, { force: true })
    writeFileSync(path, 'no database '.repeat(2_000))
    publish('--type', 'D')
    const shown = () => root.run(['sync', 'status']).stdout.replaceAll(/\s+/g, ' ')
    expect(shown()).toContain('a damaged queue with 3 events was put aside; to save what can be read of it:')
    expect(root.json(['auth', 'doctor']).stdout).toContain('a damaged queue with 3 events was put aside')
    const said =
      /lost: 3 events waited at .*, and the queue \S+ that had them was damaged: they were not saved/
    const { stderr } = root.run(['sync', 'queue', '--export', '-'])
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(said)
    expect(shown()).toMatch(said)
    const remove = /rm \S+queue\.db\.corrupt-\S+\*/.exec(shown())?.[0] ?? ''
    expect(makeShell(root)(remove).status).toBe(0)
    expect(shown()).toMatch(said)
    const { findings } = root.json(['auth', 'doctor']).document
    expect(findings).toContainEqual(
      expect.objectContaining({ id: 'F-025', summary: expect.stringMatching(said) }),
    )
    expect(root.run(['sync', 'queue', 'drop', '--lost']).stdout).toBe(
      'the loss of 3 events is not told again\n',
    )
    expect(shown()).not.toContain('lost:')
  })

  it('tells of a damaged database that is removed unread how many events were in it', () => {
    for (const type of ['A', 'B']) publish('--type', type)
    const path = root.file('queue.db')
    writeFileSync(path, readFileSync(path).fill(0xa5, 0, 100))
    publish('--type', 'C')
    const lost = () => root.json(['sync', 'status']).document.lost_events
    expect(lost()).toBe(0)
    for (const database of quarantinedDatabases(path)) rmSync(database)
    expect(lost()).toBe(2)
  })

  it.each([
    [['queue', '--export', 'FILE'], "'--export FILE' is an example: replace FILE by what you mean"],
    [
      ['queue', '--export', 'x', '--project', 'DIR'],
      "'--project DIR' is an example: replace DIR by what you mean",
    ],
    [['queue', 'drop', 'EVENT'], "'EVENT' is an example: replace it by what you mean"],
    [['opt-in', 'DIR'], "'DIR' is an example: replace it by what you mean"],
  ])('refuses a placeholder of a printed command: %j', (args, message) => {
    const { status, stderr } = runCli(['sync', ...args], { env: root.env, cwd: project })
    expect([status, stderr]).toEqual([2, expect.stringContaining(`spec-kitty: ${message} (see `)])
    expect(existsSync(join(project, 'FILE'))).toBe(false)
  })

  async function rejectAll(): Promise<void> {
    using open = await openQueue(root.file('queue.db'))
    const owner = { ...(await ownProcessName()), instance_id: 'test' }
    const claimed = await open.claim(project, owner, { events: 100, bytes: 100_000 })
    await open.settle(
      owner,
      claimed.map(({ seq }) => ({ seq, outcome: 'dead', reason: 'no such project', category: 'schema' })),
    )
  }
})

describe('a disk', () => {
  it('that is full: one clear error, and what is queued is there afterwards', (context) => {
    const mounted = mountAt(root.path, '2m')
    if (mounted === null) skipAloud(context, NO_MOUNT)
    try {
      expect(publish('--type', 'First').status).toBe(0)
      const ballast = join(root.path, 'ballast')
      fill(ballast)
      const data = JSON.stringify('x'.repeat(50_000))
      const { status, stdout, stderr } = publish('--type', 'Second', '--data', data)
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(/^spec-kitty: the queue \S+ cannot be used: the disk is full \([^\n]+\)\n$/)
      unlinkSync(ballast)
      expect(queue().queued).toBe(1)
      expect(publish('--type', 'Third').status).toBe(0)
      expect(queue()).toMatchObject({ queued: 2, damaged_databases: [] })
    } finally {
      mounted.unmount()
    }
  })

  it('that is full before there is a queue: one clear error, and a queue afterwards', (context) => {
    const mounted = mountAt(root.path, '64k')
    if (mounted === null) skipAloud(context, NO_MOUNT)
    try {
      const ballast = join(root.path, 'ballast')
      fill(ballast)
      expect(publish('--type', 'T')).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(/^[^\n]+\n$/),
      })
      unlinkSync(ballast)
    } finally {
      mounted.unmount()
    }
    expect(publish('--type', 'T').status).toBe(0)
  })

  it('that is read-only: one clear error, and nothing is harmed', (context) => {
    const mounted = mountAt(root.path, '2m')
    if (mounted === null) skipAloud(context, NO_MOUNT)
    try {
      publish('--type', 'T')
      const before = readFileSync(root.file('queue.db'))
      mounted.makeReadOnly()
      const { status, stderr } = publish('--type', 'T')
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/^spec-kitty: the queue \S+ cannot be used: [^\n]*read-only[^\n]*\n$/),
      ])
      expect(readFileSync(root.file('queue.db'))).toEqual(before)
    } finally {
      mounted.unmount()
    }
  })

  it('with a directory or a file that this user may not write to: one clear error', (context) => {
    needRoot(context)
    mkdirSync(root.path, { recursive: true })
    const nobody = (target: string): void => chownSync(target, NOBODY, NOBODY)
    nobody(root.path)
    const run = () => root.run(['sync', 'publish', '--project', project, '--type', 'T'], asNobody)
    expect(run().status).toBe(0)
    chmodSync(root.file('queue.db'), 0o400)
    const refused = {
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^spec-kitty: the queue \S+ cannot be used: [^\n]+\n$/),
    }
    expect(run()).toMatchObject(refused)
    chmodSync(root.file('queue.db'), 0o600)
    chmodSync(root.file(''), 0o500)
    expect(run()).toMatchObject(refused)
    chmodSync(root.file(''), 0o700)
    expect(run().status).toBe(0)
    const { document } = root.json(['sync', 'queue'], asNobody)
    expect(document).toMatchObject({ queued: 2, damaged_databases: [] })
  })
})

/** Writes until the disk is full. */
function fill(path: string): void {
  for (const bytes of [64 * 1024, 4096]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' })
    } catch {
      // With smaller pieces, or full.
    }
  }
}
