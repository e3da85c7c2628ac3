import { createServer, type AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { openPage } from './browser.js'

/** Everything that a page may do and must not: what it was seen doing. */
export interface Tripwire {
  readonly page: Page
  readonly complaints: readonly string[]
  /** The names of the samples that ran; `alert` and its like are among them. */
  readonly ran: readonly string[]
  /** Every URL that was asked for, the icon of the page and sockets included. */
  readonly requests: readonly string[]
  /** Every URL that a frame went to, pages that were opened by it included. */
  readonly places: readonly string[]
}

/** Opens a page in which `boom` can be called, and in which nothing goes unseen. */
export async function openTripwire(browser: Browser): Promise<Tripwire> {
  const { page, complaints } = await openPage(browser)
  const context = page.context()
  const [ran, requests, places]: [string[], string[], string[]] = [[], [], []]
  await context.exposeBinding('boom', (_, name) => ran.push(String(name)))
  page.on('dialog', (dialog) => {
    ran.push(`${dialog.type()}: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('framenavigated', (frame) => places.push(frame.url()))
  page.on('download', (download) => places.push(`download: ${download.url()}`))
  page.on('websocket', (socket) => requests.push(socket.url()))
  context.on('page', (opened) => opened !== page && places.push(`opened: ${opened.url()}`))
  context.on('request', (request) => requests.push(request.url()))
  // Playwright keeps the request for the icon to itself; the browser does not.
  const devtools = await context.newCDPSession(page)
  devtools.on('Network.requestWillBeSent', ({ request }) => requests.push(request.url))
  await devtools.send('Network.enable')
  return { page, complaints, ran, requests, places }
}

/**
 * Listens where every name in `.test` leads: who connects has asked another host, even if it said nothing then. Other names
 * lead nowhere: the browser has calls of its own to make, to its maker.
 */
export interface Sink {
  /** For the browser. */
  readonly rule: string
  readonly connections: () => number
  /** Connections that asked for something. */
  readonly requests: () => number
  close(): Promise<void>
}

export async function openSink(): Promise<Sink> {
  let [connections, requests] = [0, 0]
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => {})
    socket.once('data', () => {
      requests += 1
      socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    rule: `--host-resolver-rules=MAP *.test 127.0.0.1:${port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
    connections: () => connections,
    requests: () => requests,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
