import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { times } from '../../../familiar/test/helpers/counts.js'
import { dashboardPages } from '../../src/dashboard/page-routes.js'
import {
  emptyProject,
  laneEvent,
  oneMission,
  prompt,
  removeProjects,
  write,
  writeMission,
} from '../helpers/projects.js'
import { swap } from '../helpers/swap.js'

/** What the dashboard answers, asked for as the server asks: real files, without the wire. */

afterEach(removeProjects)

const SECRET = '5ec2e7'

/** Of the rounds in which a project is read while links are put into it: the tests of the reader itself do more of them. */
const ROUNDS = times(10, 40)

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly body: Uint8Array
}

/** Returns what asks a dashboard of this project. */
function dashboardOf(project: string, isGone = (): boolean => false) {
  const pages = dashboardPages(project, '1.0.0')
  return async (target: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const [path = '', query = ''] = target.split(/\?(.*)/s)
    const { signal } = new AbortController()
    const reply = await pages({ path, query, headers, signal, isScopeGone: () => isGone() })
    if (reply === null || 'open' in reply) return { status: 0, headers: {}, text: '', body: new Uint8Array() }
    const body = Buffer.from(reply.body)
    return { status: reply.status, headers: reply.headers, text: body.toString(), body }
  }
}

const documentPath = (name: string): string => `/api/missions/m/documents/${encodeURIComponent(name)}`

/** Everything that is said about a project, as one text. */
async function everythingOf(project: string): Promise<string> {
  const ask = dashboardOf(project)
  const paths = [
    '/api/missions',
    '/api/now',
    '/api/missions/m',
    '/api/charter',
    `/api/search?q=${SECRET}`,
    '/api/search?q=inside',
  ]
  const answers = await Promise.all(paths.map((path) => ask(path)))
  return answers.map(({ text }) => text.replaceAll(`"query":"${SECRET}"`, '')).join('\n')
}

describe('the documents of a mission', () => {
  it('are all that people and agents write, grouped by their names', async () => {
    const project = emptyProject()
    writeMission(project, 'm', {
      'meta.json': '{}',
      'status.json': '{}',
      'lanes.json': '{}',
      'status.events.jsonl': laneEvent(1, 'WP01', 'planned'),
      'issue-matrix.md': '#',
      'analysis-report.md': '#',
      'retrospective.yaml': 'a: b',
      'picture.png': 'no text',
      'spec.md': '#',
      'research/evidence/log.csv': 'a,b',
      'reviews/cycle-1.md': '#',
      'decisions/001.md': '#',
      'other/thing.md': '#',
      'tasks/README.md': '#',
      'tasks/WP01-start.md': prompt('WP01', 'Start'),
      'tasks/WP01-start/review-cycle-1.md': '#',
      'tasks/WP02/notes/deep.md': '#',
    })
    const { documents } = JSON.parse((await dashboardOf(project)('/api/missions/m')).text)
    expect(
      documents.map((one: { name: string; work_package: string | null }) => [one.name, one.work_package]),
    ).toEqual([
      ['spec.md', null],
      ['analysis-report.md', null],
      ['issue-matrix.md', null],
      ['retrospective.yaml', null],
      ['research/evidence/log.csv', null],
      ['reviews/cycle-1.md', null],
      ['decisions/001.md', null],
      ['tasks/WP01-start.md', 'WP01'],
      ['tasks/README.md', null],
      ['tasks/WP01-start/review-cycle-1.md', 'WP01'],
      ['tasks/WP02/notes/deep.md', null],
    ])
    const ask = dashboardOf(project)
    for (const { name } of documents)
      expect([name, (await ask(documentPath(name))).status]).toEqual([name, 200])
    for (const name of [
      'meta.json',
      'status.json',
      'lanes.json',
      'status.events.jsonl',
      'picture.png',
      'other/thing.md',
      'tasks/a.txt',
    ])
      expect([name, (await ask(documentPath(name))).status]).toEqual([name, 404])
  })
})

describe('no reply', () => {
  it('shows what links lead to, at any depth, or what a dot hides', async () => {
    const project = emptyProject()
    const outside = join(project, '..', `${project.split('/').at(-1)}-outside`)
    const mission = writeMission(project, 'm', {
      'spec.md': 'inside',
      'research/a/b.md': 'inside',
      'tasks/WP01.md': prompt('WP01', 'inside'),
    })
    for (const place of [outside, join(project, '.kittify', 'daemon'), join(project, '.git')]) {
      write(join(place, 'secret.md'), SECRET)
      write(join(place, 'WP09.md'), prompt('WP09', SECRET))
    }
    const targets = [outside, join(project, '.kittify', 'daemon'), join(project, '.git')]
    for (const [at, target] of targets.entries()) {
      for (const name of [`note-${at}.md`, `research/a/f${at}.md`, `reviews-${at}.md`])
        symlinkSync(join(target, 'secret.md'), join(mission, name))
      for (const name of [`research/d${at}`, `research/a/d${at}`, `tasks/d${at}`])
        symlinkSync(target, join(mission, name))
    }
    symlinkSync(outside, join(mission, 'reviews'))
    symlinkSync('../../.kittify/daemon', join(mission, 'decisions'))
    for (const name of [
      'research/.env/x.md',
      'research/a/.x.md',
      '.research/x.md',
      'tasks/.d/x.md',
      'tasks/WP01/.git/x.md',
    ])
      write(join(mission, name), SECRET)
    const all = await everythingOf(project)
    expect(all).toContain('inside')
    expect(all).not.toContain(SECRET)
    const ask = dashboardOf(project)
    for (const name of [
      'research/.env/x.md',
      'research/a/.x.md',
      '.research/x.md',
      'tasks/.d/x.md',
      'tasks/WP01/.git/x.md',
      'research/d0/secret.md',
      'research/a/d1/secret.md',
      'tasks/d2/secret.md',
      'reviews/secret.md',
      'decisions/secret.md',
      'research/a/f0.md',
      'note-1.md',
    ])
      expect([name, (await ask(documentPath(name))).text]).toEqual([
        name,
        expect.not.stringContaining(SECRET),
      ])
    rmSync(outside, { recursive: true })
  })

  it('opens a FIFO, a device or a socket, or waits for one', async () => {
    const project = emptyProject()
    const mission = writeMission(project, 'm', { 'research/a.md': 'inside' })
    mkdirSync(join(project, '.kittify', 'charter'), { recursive: true })
    const places = [
      join(mission, 'issue-matrix.md'),
      join(mission, 'research', 'b.md'),
      join(project, '.kittify/charter/charter.md'),
    ]
    for (const path of places) expect(spawnSync('mkfifo', [path]).status).toBe(0)
    symlinkSync('/dev/zero', join(mission, 'retrospective.md'))
    const all = await everythingOf(project)
    expect(all).toContain('issue-matrix.md","what":"is neither a file nor a directory')
    expect(all).toContain('"snippet":"inside"')
    expect((await dashboardOf(project)('/api/charter')).status).toBe(404)
    expect((await dashboardOf(project)(documentPath('research/b.md'))).text).toContain('"text":null')
  })

  it('shows what was swapped for a link while it was read', async () => {
    const project = emptyProject()
    const outside = join(emptyProject(), 'o')
    const files = { 'research/a.md': 'inside', 'reviews/a.md': 'inside' }
    const mission = writeMission(project, 'm', files)
    for (const name of Object.keys(files)) write(join(outside, name), SECRET)
    write(join(project, '.kittify/charter/charter.md'), 'inside')
    write(join(outside, 'charter/charter.md'), SECRET)
    const end = swap([
      ...['research', 'reviews'].map((name) => [join(mission, name), join(outside, name)] as const),
      [join(project, '.kittify/charter'), join(outside, 'charter')],
    ])
    let all = ''
    for (let round = 0; round < ROUNDS; round += 1) all += await everythingOf(project)
    await end()
    expect(all).toContain('inside')
    expect(all).not.toContain(SECRET)
  }, 120_000)
})

describe('the charter', () => {
  it.each(['.kittify/charter/charter.md', 'charter/charter.md', '.kittify/memory/constitution.md'])(
    'is found as %s',
    async (path) => {
      const project = oneMission()
      const ask = dashboardOf(project)
      expect(await ask('/api/charter')).toMatchObject({ status: 404 })
      write(join(project, path), '# Charter\n')
      expect(JSON.parse((await ask('/api/missions')).text)).toMatchObject({ charter: path })
      expect(JSON.parse((await ask('/api/charter')).text)).toMatchObject({
        path,
        format: 'markdown',
        text: '# Charter\n',
      })
    },
  )

  it.each([
    ['the file', 'charter.md'],
    ['its directory', ''],
  ])('is not read through a link in the place of %s', async (_, name) => {
    const project = oneMission()
    write(join(project, '.kittify/secret/charter.md'), SECRET)
    if (name !== '') mkdirSync(join(project, '.kittify/charter'))
    symlinkSync(join(project, '.kittify/secret', name), join(project, '.kittify/charter', name))
    expect(await dashboardOf(project)('/api/charter')).toMatchObject({ status: 404 })
    expect(await everythingOf(project)).not.toContain(SECRET)
  })
})

describe('a search', () => {
  const searched = async (project: string, query: string) =>
    JSON.parse((await dashboardOf(project)(`/api/search?q=${encodeURIComponent(query)}`)).text)

  it('finds missions, packages and documents by name, and documents by text, with the line', async () => {
    const project = oneMission()
    writeMission(project, '001-start', {
      'plan.md': `---\na: b\n---\nfirst\n${'x '.repeat(100)}<b>Begin</b> there\n`,
    })
    expect(await searched(project, 'start')).toMatchObject({
      results: [
        { kind: 'mission', title: 'Start here', document: null },
        { kind: 'document', title: 'quickstart.md' },
      ],
    })
    const { results, ...rest } = await searched(project, 'BEGIN')
    expect(results).toMatchObject([
      { kind: 'package', work_package: 'WP01', title: 'Begin', document: 'tasks/WP01-begin.md' },
      { kind: 'document', work_package: 'WP01', document: 'tasks/WP01-begin.md', snippet: null },
      {
        kind: 'document',
        document: 'plan.md',
        line: 2,
        snippet: expect.stringMatching(/^….*<b>Begin<\/b> there$/),
      },
    ])
    expect(rest).toEqual({ query: 'BEGIN', is_complete: true, documents_read: 12, documents_total: 13 })
  })

  it('wants all words, and is at most fifty results', async () => {
    const project = emptyProject()
    const files = Array.from({ length: 60 }, (_, at) => [`research/${at}.md`, `alpha ${at}\nbeta\n`])
    writeMission(project, 'm', Object.fromEntries(files))
    expect(await searched(project, 'alpha gamma')).toMatchObject({ results: [], is_complete: true })
    const found = await searched(project, 'beta  ALPHA')
    expect([found.results.length, found.is_complete]).toEqual([50, false])
  })

  it.each([
    ['without a query', '', 'Say what'],
    ['that is empty', '?q=', 'Say what'],
    ['of blanks', '?q=%20+', 'Say what'],
    ['that is badly encoded', '?q=%', 'Say what'],
    ['that is no UTF-8', '?q=%ff', 'Say what'],
    ['for two texts', '?q=a&q=b', 'Say what'],
    ['with another name', '?x=a', 'Say what'],
    ['for a long text', `?q=${'a'.repeat(201)}`, 'longer than 200'],
    ['for a very long text', `?q=${'%C3%BC'.repeat(5000)}`, 'longer than 200'],
    ['with a NUL', '?q=a%00b', 'control characters'],
    ['with an escape', '?q=%1b%5B31m', 'control characters'],
    ['with a line end', '?q=a%0Ab', 'control characters'],
  ])('%s is refused with one line', async (_, query, why) => {
    const { status, text } = await dashboardOf(oneMission())(`/api/search${query}`)
    const { error, message } = JSON.parse(text)
    expect([status, error, message]).toEqual([400, 'bad_query', expect.stringContaining(why)])
    expect(message).not.toContain('\n')
  })
})

describe('a reply', () => {
  it('is compressed for a client that takes it, and not sent to one that has it', async () => {
    const ask = dashboardOf(oneMission())
    for (const path of ['/api/missions/001-start', '/page.js', '/']) {
      const plain = await ask(path)
      const tag = plain.headers['etag'] ?? ''
      expect([path, plain.status, plain.headers['vary'], tag]).toEqual([
        path,
        200,
        'accept-encoding',
        expect.stringMatching(/^".+"$/),
      ])
      const packed = await ask(path, { 'accept-encoding': 'br, gzip' })
      expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', etag: tag })
      expect(gunzipSync(packed.body).toString()).toBe(plain.text)
      for (const refused of ['identity', 'gzip;q=0', 'br'])
        expect((await ask(path, { 'accept-encoding': refused })).headers['content-encoding']).toBeUndefined()
      for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*'])
        expect(await ask(path, { 'if-none-match': known })).toMatchObject({ status: 304, text: '' })
      expect((await ask(path, { 'if-none-match': '"other"' })).status).toBe(200)
    }
  })

  it.each(['/api/missions', '/api/now'])('is not sent again until something changes: %s', async (path) => {
    const project = oneMission()
    const ask = dashboardOf(project)
    const tag = (await ask(path)).headers['etag'] ?? ''
    await sleep(5)
    for (const known of [tag, tag.replace(/^W\//, '')])
      expect(await ask(path, { 'if-none-match': known })).toMatchObject({ status: 304, text: '' })
    writeMission(project, '001-start', { 'status.events.jsonl': laneEvent(9, 'WP01', 'blocked') })
    expect(await ask(path, { 'if-none-match': tag })).toMatchObject({ status: 200 })
  })

  it('has another tag after a change', async () => {
    const project = oneMission()
    const ask = dashboardOf(project)
    const before = (await ask('/api/missions')).headers['etag'] ?? ''
    writeMission(project, '001-start', { 'status.events.jsonl': laneEvent(9, 'WP01', 'blocked') })
    expect(await ask('/api/missions', { 'if-none-match': before })).toMatchObject({ status: 200 })
  })

  it('tells what became readable, and what was moved, without being asked twice', async () => {
    const project = oneMission()
    const ask = dashboardOf(project)
    const path = join(project, 'kitty-specs/001-start/tasks/WP01-begin.md')
    renameSync(path, `${path}.aside`)
    expect((await ask('/api/now')).status).toBe(200)
    writeFileSync(path, prompt('WP01', 'Renamed'))
    chmodSync(path, 0o600)
    expect((await ask('/api/missions/001-start')).text).toContain('Renamed')
  })
})

describe('a path that is not there', () => {
  const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'sec-fetch-mode': 'navigate' }

  it('leads a reader to the dashboard, with the status that a script gets', async () => {
    const ask = dashboardOf(oneMission())
    for (const path of ['/missions', '/index.php', '/missions/001-start']) {
      const { status, headers, text } = await ask(path, BROWSER)
      expect([status, headers['content-type']]).toEqual([401, 'text/html; charset=utf-8'])
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      expect(text).toContain('<a href="/">')
    }
    expect(await ask('/missions', { accept: 'text/html' })).toMatchObject({ status: 401 })
  })

  it.each([
    ['a script', '/missions', { accept: '*/*' }],
    ['a page that loads something', '/missions', { ...BROWSER, 'sec-fetch-mode': 'cors' }],
    ['who has a token', '/missions', { ...BROWSER, authorization: 'Bearer x' }],
    ['who asks for data', '/api/nothing', BROWSER],
  ])('is not answered here for %s', async (_, path, headers) => {
    expect(await dashboardOf(oneMission())(path, headers)).toMatchObject({ status: 0 })
  })
})

describe('a project that is gone', () => {
  it('is refused, also if it was replaced while it was read; the page and the daemons are not', async () => {
    const project = oneMission()
    let looks = 0
    /** Gone from the second look on: while the first request is answered. */
    const ask = dashboardOf(project, () => (looks += 1) > 1)
    for (const path of ['/api/missions', '/api/now', '/api/missions/001-start', '/api/search?q=start'])
      expect(await ask(path)).toMatchObject({ status: 410, text: expect.stringContaining('"project_gone"') })
    expect((await ask('/')).status).toBe(200)
    expect((await ask('/api/daemons')).status).toBe(200)
  })
})
