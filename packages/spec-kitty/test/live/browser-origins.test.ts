import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, createServer as createTunnel, type AddressInfo, type Socket } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isServing, lacksChromium, openPage, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { oneMission } from '../helpers/projects.js'

/** A foreign page, open in the same browser as the dashboard: it can neither read it nor stop it. */
describe.skipIf(lacksChromium())('another origin in the same browser', () => {
  let dashboard: Dashboard
  let server: Server
  let port: number

  afterAll(() => new Promise((resolve) => server?.close(resolve)))
  const here = useBrowser(() => ({ more: ['--host-resolver-rules=MAP *.test 127.0.0.1'] }))
  beforeAll(async () => {
    dashboard = await here.desk.start(oneMission())
    server = await serveEmptyPage()
    port = (server.address() as AddressInfo).port
  })
  afterEach(() => expect(isServing(dashboard)).toBe(true))

  /** Neither its record nor its log forgets a stop: one look at the end sees what any of the tests did. */
  afterAll(async () => {
    const { stdout } = await here.desk.run(dashboard.project, ['dashboard', '--status', '--json'])
    const status = JSON.parse(stdout)
    expect(status).toMatchObject({ state: 'running', pid: dashboard.pid, last_stop: null })
    expect(readFileSync(status.log, 'utf8')).not.toMatch(/stop|shutdown|leav/i)
  })

  const origins = [
    ['another port of this machine', () => `http://127.0.0.1:${port}/`],
    ['another port by another name of it', () => `http://localhost:${port}/`],
    ['another site', () => `http://evil.test:${port}/`],
  ] as const

  /** One page for each origin; every test loads it anew. */
  const pages = new Map<string, Page>()
  async function pageOf(name: string, url: string): Promise<Page> {
    const page = pages.get(name) ?? (await openPage(here.browser)).page
    pages.set(name, page)
    await page.goto(url)
    return page
  }

  it.each(origins)('%s reads nothing', async (name, origin) => {
    const page = await pageOf(name, origin())
    for (const host of ['127.0.0.1', 'localhost']) {
      const target = `http://${host}:${dashboard.port}/`
      expect([host, await page.evaluate(`(${READ})(${JSON.stringify(target)})`)]).toEqual([
        host,
        NOTHING_READ,
      ])
    }
  })

  it.each(origins)('%s stops nothing', async (name, origin) => {
    const page = await pageOf(name, origin())
    const refused = await page.evaluate(`(${SHUT_DOWN})(${JSON.stringify(dashboard.url)})`)
    expect(refused).toEqual({
      json: 'TypeError',
      text: 'opaque',
      form: 'opaque',
      token: 'TypeError',
      delete: 'TypeError',
    })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      await page.goto(origin())
      await page.evaluate(`(${SUBMIT})(${JSON.stringify(dashboard.url)}, ${JSON.stringify(type)})`)
      await page.waitForURL(/shutdown/)
      expect(await page.locator('body').textContent()).toMatch(/foreign_origin|cross_site|invalid_token/)
    }
  })

  it.each(origins)('%s cannot frame the page, or reach into a window of it', async (name, origin) => {
    const page = await pageOf(name, origin())
    const opened = page.context().waitForEvent('page')
    expect(await page.evaluate(`(${REACH_IN})(${JSON.stringify(dashboard.url)})`)).toEqual({
      frame: 'nothing inside',
      opener: 'SecurityError or closed',
    })
    const frame = page.frames().find((one) => one !== page.mainFrame())
    expect(await frame?.evaluate(`document.querySelector('main, .brand') === null`)).toBe(true)
    await (await opened).close()
  })

  it('is refused under a name that leads to this machine, whatever it asks', async () => {
    const { page } = await openPage(here.browser)
    for (const path of ['', 'api/missions', 'api/daemons', 'api/events', 'api/health', 'page.js']) {
      const reply = await page.goto(`http://evil.test:${dashboard.port}/${path}`)
      expect([path, reply?.status(), await reply?.text()]).toEqual([path, 403, '{"error":"foreign_host"}'])
    }
    const status = `fetch('/api/shutdown', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
      .then((reply) => reply.status)`
    expect(await page.evaluate(status)).toBe(403)
    await page.context().close()
  })

  it('serves its own page through a tunnel too, at another port', async () => {
    const sockets = new Set<Socket>()
    const tunnel = createTunnel((near) => {
      const far = connect(dashboard.port, '127.0.0.1')
      for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined))
      near.pipe(far).pipe(near)
    })
    await new Promise<void>((resolve) => tunnel.listen(0, '127.0.0.1', resolve))
    const { port: nearPort } = tunnel.address() as AddressInfo
    try {
      for (const host of ['127.0.0.1', 'localhost']) {
        const { page } = await openPage(here.browser)
        await page.goto(`http://${host}:${nearPort}/#/missions`)
        await page.getByRole('link', { name: 'Start here' }).waitFor()
        expect(await page.evaluate(`(${READ})('/')`)).toMatchObject({
          missions: expect.stringContaining('Start here'),
          daemons: expect.stringContaining('daemons'),
          health: '{"error":"foreign_host"}',
          events: 'opened',
        })
        await page.context().close()
      }
    } finally {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => tunnel.close(resolve))
    }
  })

  it('serves its own page, so that the refusals above mean something', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const { page, complaints } = await openPage(here.browser)
      await page.goto(`http://${host}:${dashboard.port}/#/missions`)
      await page.getByRole('link', { name: 'Start here' }).waitFor()
      expect(await page.evaluate(`(${READ})('/')`)).toMatchObject({
        missions: expect.stringContaining('Start here'),
        events: 'opened',
      })
      expect(complaints.filter((text) => !/security|policy|script|WebSocket|trusted/i.test(text))).toEqual([])
      await page.context().close()
    }
  })
})

function serveEmptyPage(): Promise<Server> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>elsewhere</title>')
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

const NOTHING_READ = {
  page: 'TypeError',
  missions: 'TypeError',
  daemons: 'TypeError',
  health: 'TypeError',
  'missions, not asked for': 'opaque or blocked',
  'with a header': 'TypeError',
  script: 'error',
  'page script': 'error',
  image: 'error',
  style: 'error',
  events: 'error',
  socket: 'error',
}

/** Tries every way to read that a page has, and returns what came of each. */
const READ = `async (target) => {
  const text = (path, options) => fetch(target + path, options).then((reply) => reply.text())
  const load = (tag, attributes) => new Promise((resolve) => {
    const element = Object.assign(document.createElement(tag), attributes)
    element.onload = () => resolve('loaded')
    element.onerror = () => resolve('error')
    document.head.append(element)
  })
  const wait = (source, good) => new Promise((resolve) => {
    source.addEventListener(good, () => resolve('opened'))
    source.addEventListener('error', () => resolve('error'))
  }).finally(() => source.close())
  const ways = {
    page: () => text(''),
    missions: () => text('api/missions'),
    daemons: () => text('api/daemons'),
    health: () => text('api/health'),
    'missions, not asked for': () => fetch(target + 'api/missions', { mode: 'no-cors' }).then(async (reply) =>
      (await reply.text()) === '' ? 'opaque or blocked' : 'read', () => 'opaque or blocked'),
    'with a header': () => text('api/missions', { headers: { authorization: 'Bearer x' } }),
    script: () => load('script', { src: target + 'api/missions' }),
    'page script': () => load('script', { src: target + 'page.js' }),
    image: () => load('img', { src: target + 'icon.svg' }),
    style: () => load('link', { rel: 'stylesheet', href: target + 'page.css' }),
    events: () => wait(new EventSource(target + 'api/events'), 'open'),
    socket: () => wait(new WebSocket(new URL(target + 'api/events', location.href).href.replace('http', 'ws')), 'open'),
  }
  const results = {}
  for (const [name, way] of Object.entries(ways)) results[name] = await Promise.resolve().then(way).catch((error) => error.name)
  return results
}`

/** Asks for the end of the dashboard in every way that needs no reload. */
const SHUT_DOWN = `async (target) => {
  const ask = (options) => fetch(target + 'api/shutdown', { method: 'POST', body: '{"reason":"evil"}', ...options })
    .then((reply) => reply.type === 'opaque' ? 'opaque' : 'read ' + reply.status, (error) => error.name)
  navigator.sendBeacon(target + 'api/shutdown', '{}')
  return {
    json: await ask({ headers: { 'content-type': 'application/json' } }),
    text: await ask({ mode: 'no-cors' }),
    form: await ask({ mode: 'no-cors', body: new URLSearchParams({ reason: 'evil' }) }),
    token: await ask({ headers: { authorization: 'Bearer ' + '0'.repeat(64) } }),
    delete: await ask({ method: 'DELETE' }),
  }
}`

const SUBMIT = `(target, type) => {
  const form = Object.assign(document.createElement('form'), { method: 'post', action: target + 'api/shutdown', enctype: type })
  form.append(Object.assign(document.createElement('input'), { name: '{"reason":"evil"}', value: 'x' }))
  document.body.append(form)
  form.submit()
}`

const REACH_IN = `async (target) => {
  const frame = Object.assign(document.createElement('iframe'), { src: target })
  const loaded = new Promise((resolve) => (frame.onload = resolve))
  document.body.append(frame)
  await loaded
  const opened = open(target)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const read = (look) => { try { return look() } catch (error) { return error.name } }
  const inside = read(() => frame.contentDocument)
  const opener = read(() => opened.closed || opened.document.title)
  return {
    frame: inside === null || inside === 'SecurityError' ? 'nothing inside' : inside.documentElement.outerHTML,
    opener: opener === true || opener === 'SecurityError' ? 'SecurityError or closed' : opener,
  }
}`
