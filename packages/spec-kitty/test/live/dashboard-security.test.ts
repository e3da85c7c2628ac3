import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { residentMibOf } from '../helpers/machine.js'
import {
  fillProject,
  makeProject,
  MISSION,
  NAMES,
  tokenPath,
  type DashboardProject,
  PAGE,
  isPageBuilt,
} from './pages-project.js'
import { get, getJson, openEvents } from './pages-wire.js'
import { lives, skipAloud, type Daemon } from './sync-root.js'
import { askHealth, say, type Speech, SHUTDOWN, talkingTo, endlessly } from './sync-wire.js'

/** One real dashboard, and everybody who talks to it and should not. */
let project: DashboardProject
let daemon: Daemon

beforeAll(() => {
  project = makeProject()
  chmodSync(project.base, 0o755)
  fillProject(project)
  daemon = project.start()
})

afterAll(() => project?.end())

const { text, statusOf, authorized } = talkingTo(() => daemon)

/** Everything that a browser reads. */
const READABLE = [
  ...(isPageBuilt ? ['/'] : []),
  '/api/health',
  '/api/missions',
  `/api/missions/${MISSION}`,
  `/api/missions/${MISSION}/documents/spec.md`,
  '/api/daemons',
]

/** Whatever was refused did not shut it down. */
async function expectWell(): Promise<void> {
  const { status } = await askHealth(daemon.port)
  expect([status, lives(daemon)]).toEqual([200, true])
}

describe('a browser', () => {
  it('that was led here by another name reads nothing, and ends nothing', async () => {
    const { port } = daemon
    const hosts = ['evil.example', `evil.example:${port}`, `127.0.0.2:${port}`]
    for (const Host of [...hosts, `0.0.0.0:${port}`, `localhost.evil.example:${port}`, '']) {
      for (const path of [...READABLE, '/api/events', '/none']) {
        expect([Host, path, await statusOf(text(`GET ${path}`, { Host }))]).toEqual([Host, path, 403])
      }
      expect(await statusOf(text(SHUTDOWN, { Host }))).toBe(403)
      expect(await statusOf(text(SHUTDOWN, authorized({ Host })))).toBe(403)
    }
    expect(await statusOf(text('GET /api/missions', { Host: `localhost:${port}` }))).toBe(200)
    await expectWell()
  })

  it('that comes through a tunnel reads the page and its API, and ends nothing', async () => {
    const { port } = daemon
    for (const Host of ['127.0.0.1', `127.0.0.1:${port - 1}`, `[::1]:${port}`, 'localhost:8080']) {
      for (const path of READABLE.filter((one) => one !== '/api/health'))
        expect([Host, path, await statusOf(text(`GET ${path}`, { Host }))]).toEqual([Host, path, 200])
      for (const path of ['/api/health', '/none'])
        expect([Host, path, await statusOf(text(`GET ${path}`, { Host }))]).toEqual([Host, path, 403])
      expect(await statusOf(text(SHUTDOWN, { Host }))).toBe(403)
      expect(await statusOf(text(SHUTDOWN, authorized({ Host })))).toBe(403)
    }
    await expectWell()
  })

  it('on another site reads nothing, and ends nothing, with the token and without', async () => {
    const { port } = daemon
    const origins = [
      'http://evil.example',
      'null',
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port - 1}`,
    ]
    const foreign = [...origins.map((Origin) => ({ Origin })), { 'Sec-Fetch-Site': 'cross-site' }]
    for (const headers of foreign) {
      for (const path of [...READABLE, '/api/events', '/none']) {
        expect([headers, path, await statusOf(text(`GET ${path}`, headers))]).toEqual([headers, path, 403])
      }
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        const typed = { ...headers, 'Content-Type': type }
        expect(await statusOf(text(SHUTDOWN, typed, '{}'))).toBe(403)
        expect(await statusOf(text(SHUTDOWN, authorized(typed), '{}'))).toBe(403)
      }
      expect(await statusOf(text('OPTIONS /api/shutdown', headers))).toBe(403)
    }
    const own = { Origin: `http://127.0.0.1:${port}`, 'Sec-Fetch-Site': 'same-origin' }
    expect(await statusOf(text('GET /api/missions', own))).toBe(200)
    await expectWell()
  })

  it('on the page itself cannot end the daemon: it does not have the token', async () => {
    const own = { Origin: `http://127.0.0.1:${daemon.port}`, 'Sec-Fetch-Site': 'same-origin' }
    const wrong = ['', 'Bearer ', `Bearer ${'0'.repeat(64)}`, `Basic ${daemon.token}`, daemon.token]
    for (const Authorization of wrong)
      expect(await statusOf(text(SHUTDOWN, { ...own, Authorization }))).toBe(401)
    expect(await statusOf(text(`${SHUTDOWN}?token=${daemon.token}`, own))).toBe(401)
    expect(await statusOf(text(SHUTDOWN, { ...own, Cookie: `token=${daemon.token}` }))).toBe(401)
    await expectWell()
  })

  it('is told by no reply that others may read it', async () => {
    for (const path of READABLE) {
      const { headers } = await get(daemon.port, path)
      expect(Object.keys(headers).filter((name) => /^access-control|^set-cookie$/.test(name))).toEqual([])
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
  })
})

describe('the token', () => {
  it('stands in a file of its own in the home, and nowhere else', async () => {
    const told = await Promise.all(READABLE.map(async (path) => JSON.stringify(await get(daemon.port, path))))
    const events = await openEvents(daemon.port)
    events.close()
    const process = ['cmdline', 'environ', 'comm', 'maps'].map((name) =>
      readFileSync(`/proc/${daemon.pid}/${name}`, 'latin1'),
    )
    const said = [['dashboard'], ['dashboard', '--json'], ['dashboard', '--status', '--json']].map((args) =>
      JSON.stringify(project.run(args)),
    )
    const page = isPageBuilt ? readdirSync(PAGE).map((name) => readFileSync(join(PAGE, name), 'latin1')) : []
    const having = [...told, ...process, ...said, ...page].filter((one) => one.includes(daemon.token))
    expect(having).toEqual([])
    const files = filesIn(project.base).filter((path) => readFileSync(path, 'latin1').includes(daemon.token))
    const token = tokenPath(project.home, daemon.instanceId)
    expect(files).toEqual([token])
    const kept = filesIn(project.home).filter((path) => path !== token)
    expect(kept.map((path) => basename(path)).toSorted()).toEqual([
      '.gitignore',
      expect.stringMatching(/^[0-9a-f]{16}\.log$/),
    ])
  })

  it('can be read by its user alone', (context) => {
    const modes = [project.record, ...filesIn(project.home)].map((path) => statSync(path).mode & 0o777)
    expect(modes).toEqual([0o600, 0o600, 0o600, 0o600])
    for (const name of ['daemon.lock', 'lifecycle.lock']) {
      expect(statSync(join(dirname(project.record), name)).mode & 0o777).toBe(0o600)
    }
    expect(statSync(dirname(project.record)).mode & 0o777).toBe(0o700)
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups']
    if (spawnSync('setpriv', [...nobody, 'true']).status !== 0)
      skipAloud(context, 'setpriv does not work here')
    expect(spawnSync('setpriv', [...nobody, 'ls', join(project.path, 'kitty-specs')]).status).toBe(0)
    expect(spawnSync('setpriv', [...nobody, 'cat', project.record]).status).not.toBe(0)
  })
})

/** Every path below a directory; links are not followed. */
function pathsIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  )
}

/** Every regular file below a directory. */
function filesIn(directory: string): readonly string[] {
  return pathsIn(directory).filter((path) => lstatSync(path).isFile())
}

describe('a path out of the page', () => {
  const paths = [
    '/../',
    '/..',
    '/../../package.json',
    '/%2e%2e/',
    '/%2e%2e%2fpackage.json',
    '/..%2f..%2fpackage.json',
    '/..%5c..%5cpackage.json',
    '/..\\..\\package.json',
    '//',
    '//etc/passwd',
    '//index.html',
    '/./index.html',
    '/index.html/',
    '/index.html/..',
    '/index.html%00',
    '/index.html%00.css',
    '/index%2ehtml',
    '/INDEX.HTML',
    '/page/index.html',
    '/.',
    '/.%00',
    '/constructor',
    '/__proto__',
    '/;index.html',
  ]
  const noPaths = ['/#', '*', 'file:///etc/passwd']

  it('is none: it needs the token, and is a 404 to those who have it', async (context) => {
    if (!isPageBuilt) skipAloud(context, 'the page is not built here')
    for (const path of paths) {
      const [without, having] = [
        await statusOf(text(`GET ${path}`)),
        await statusOf(text(`GET ${path}`, authorized())),
      ]
      expect([path, without, having]).toEqual([path, 401, 404])
    }
    for (const path of noPaths) {
      expect([path, await statusOf(text(`GET ${path}`, authorized()))]).toEqual([path, 400])
    }
    await expectWell()
  })

  it('is not what a query says', async (context) => {
    if (!isPageBuilt) skipAloud(context, 'the page is not built here')
    const page = await get(daemon.port, '/')
    for (const path of ['/?../../package.json', '/index.html?x=/../../etc/passwd', '/??', '/?%00']) {
      expect([path, (await get(daemon.port, path)).text === page.text]).toEqual([path, true])
    }
  })

  it('is never served, also where the page is not built', async () => {
    for (const path of [...paths, ...noPaths]) {
      const { status, text: told } = await say(daemon.port, text(`GET ${path}`))
      expect([path, status === 200, /root:|"name":|dependencies/.test(told)]).toEqual([path, false, false])
    }
    await expectWell()
  })
})

describe('nonsense', () => {
  it('is refused or closed', async () => {
    const chunked = { 'Content-Length': '2', 'Transfer-Encoding': 'chunked' }
    const nonsense: Readonly<Record<string, Speech>> = {
      'an unknown method': text('BREW /', authorized()),
      'a method in small letters': text('get /api/missions'),
      CONNECT: text(`CONNECT 127.0.0.1:${daemon.port}`),
      TRACE: text('TRACE /api/missions'),
      'OPTIONS *': text('OPTIONS *', authorized()),
      PUT: text('PUT /api/missions', {}, '{}'),
      DELETE: text(`DELETE /api/missions/${MISSION}`),
      'DELETE with the token': text(`DELETE /api/missions/${MISSION}`, authorized()),
      'POST to a page with the token': text('POST /api/missions', authorized()),
      'another protocol': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      zeros: Buffer.alloc(4_096),
      'two lengths': text('GET /api/missions', { 'Content-Length': '2', 'content-length': '3' }, '{}'),
      'a length and chunks': text('GET /api/missions', chunked, '0\r\n\r\n'),
      'a negative length': text('GET /api/missions', { 'Content-Length': '-1' }),
      'odd chunks': text('GET /api/missions', { 'Transfer-Encoding': 'xchunked' }, '0\r\n\r\n'),
      'a space before the colon': `GET /api/missions HTTP/1.1\r\nHost : 127.0.0.1:${daemon.port}\r\n\r\n`,
      'a folded header': text('GET /api/missions', { X: 'y\r\n folded' }),
      'two hosts': text('GET /api/missions', { host: 'evil.example' }),
      'line feeds alone': `GET /api/missions HTTP/1.1\nHost: 127.0.0.1:${daemon.port}\n\n`,
      'an upgrade of a stream': text('GET /none', { Connection: 'Upgrade', Upgrade: 'websocket' }),
    }
    const answers = Object.entries(nonsense).map(async ([name, speech]) => {
      const { status, isClosed } = await say(daemon.port, speech)
      return [name, status === null || status >= 400, isClosed]
    })
    expect(await Promise.all(answers)).toEqual(Object.keys(nonsense).map((name) => [name, true, true]))
    await expectWell()
  })

  it('inside of a request is not a second one', async () => {
    const hidden = text(SHUTDOWN, authorized())
    for (const [path, headers] of [
      ['/api/missions', { 'Content-Length': String(hidden.length) }],
      ['/api/daemons', { 'Content-Length': String(hidden.length) }],
      ['/api/missions', {}],
    ] as const) {
      const { status, text: told } = await say(daemon.port, `${text(`GET ${path}`, headers)}${hidden}`)
      expect([path, status, told.match(/HTTP\/1\.1 /g)?.length]).toEqual([path, 200, 1])
      await expectWell()
    }
  })

  it('of any size is not waited for, and no other client waits', async () => {
    const large = 'x'.repeat(2 * 1024 * 1024)
    const json = authorized({ 'Content-Type': 'application/json' })
    const before = residentMibOf(daemon.pid)
    const speeches: Readonly<Record<string, Speech>> = {
      'a header of 100 KB': text('GET /', { X: 'y'.repeat(100_000) }),
      'a path of 100 KB': text(`GET /${'y'.repeat(100_000)}`),
      'ten thousand headers': text(`GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(10_000)}X: y`),
      '1 MiB and more, with the token': text(SHUTDOWN, {
        ...json,
        'Content-Length': String(1024 * 1024 + 1),
      }),
      '2 MiB, without': text(SHUTDOWN, { 'Content-Type': 'application/json' }, large),
      'half a request': 'GET /api/missi',
      'nothing at all': '',
      'a body that never comes': text(SHUTDOWN, { ...json, 'Content-Length': '10' }),
      'headers that drip': { pieces: endlessly('GET /api/missions HTTP/1.1\r\n', 'X: y\r\n'), pauseMs: 300 },
    }
    let isOver = false
    const meanwhile = statusesWhile(() => !isOver)
    const answers = await Promise.all(
      Object.entries(speeches).map(async ([name, speech]) => {
        const { status, isClosed } = await say(daemon.port, speech)
        return [name, status === null || status >= 400, isClosed]
      }),
    )
    isOver = true
    expect(answers).toEqual(Object.keys(speeches).map((name) => [name, true, true]))
    expect(await meanwhile).toEqual([200])
    expect(residentMibOf(daemon.pid) - before).toBeLessThan(64)
    await expectWell()
  })
})

/** What everybody else was answered. */
async function statusesWhile(isGoingOn: () => boolean): Promise<readonly number[]> {
  const statuses = new Set<number>()
  while (isGoingOn()) statuses.add((await get(daemon.port, '/api/missions')).status)
  return [...statuses]
}

describe('reading', () => {
  it('writes nothing: every file, its content and its times are what they were', async () => {
    const before = treeOf(project.base)
    const stream = await openEvents(daemon.port)
    for (const path of [
      ...READABLE,
      '/api/missions/no',
      '/api/missions/004-itself',
      '/api/missions/%2e%2e',
      '/none',
    ]) {
      await get(daemon.port, path)
      await get(daemon.port, path, {}, 'HEAD')
    }
    for (const id of [MISSION, '002-links', ...NAMES]) {
      const place = `/api/missions/${encodeURIComponent(id)}`
      const { documents } = await getJson(daemon.port, place)
      for (const { name } of documents)
        await get(daemon.port, `${place}/documents/${encodeURIComponent(name)}`)
    }
    stream.close()
    expect(treeOf(project.base)).toEqual(before)
  })
})

/** Everything below a directory: kind, size, times, and what is in it. */
function treeOf(directory: string): readonly string[] {
  return pathsIn(directory)
    .map((path) => {
      const { mode, size, mtimeMs, ctimeMs, ino } = lstatSync(path)
      // The daemon touches its lock on every tick, whether it is read or not.
      const times = path.endsWith('/daemon.lock') ? [] : [mtimeMs, ctimeMs]
      return [path, mode.toString(8), size, ...times, ino, contentOf(path)].join(' ')
    })
    .toSorted()
}

function contentOf(path: string): string {
  const found = lstatSync(path)
  if (found.isSymbolicLink()) return readlinkSync(path)
  return found.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
}
