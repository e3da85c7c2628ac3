import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { ProgressNotificationSchema, type Progress } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Daemon } from '../../src/define/define-daemon.js'
import { eventually } from '../helpers/eventually.js'
import { leaveNoUsers, makeUser, type Installed, type User } from '../helpers/examples.js'
import { connectionsTo, listenersOn, watch } from '../helpers/machine.js'
import { textOf } from '../helpers/output.js'

leaveNoUsers()

/** A daemon that serves MCP, asked by the client of the official SDK: through the shim that an editor starts, and over HTTP. */
let user: User
let tool: Installed
let docsd: Daemon
const clients: Client[] = []

beforeEach(async () => {
  user = makeUser()
  tool = user.install('mcp')
  docsd = await tool.load('docsd')
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
})

const daemons = (): readonly number[] => user.processes('docsd-daemon')
const shims = (): readonly number[] => user.processes('mcp-server')

async function connect(transport: Transport): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  clients.push(client)
  await client.connect(transport)
  return client
}

function editor(): Promise<Client> {
  const args = [join(tool.directory, 'cli.js'), 'mcp-server']
  return connect(new StdioClientTransport({ command: process.execPath, args, env: { ...user.env } }))
}

async function overHttp(): Promise<Client> {
  const { httpTransport } = await tool.loadModule('http-client.js')
  return connect(httpTransport(await docsd.connect({ start: true })))
}

/** Each page has a word of its own, and one that all have. */
function makePages(pages: number, words = 1): string {
  const directory = join(user.base, 'pages')
  mkdirSync(directory)
  for (let page = 0; page < pages; page++)
    writeFileSync(join(directory, pageName(page)), `${'common '.repeat(words)} ${'x'.repeat(page + 1)}`)
  return directory
}

const pageName = (page: number): string => `${String(page).padStart(4, '0')}.md`

async function find(client: Client, word: string): Promise<string> {
  const { content } = await client.callTool({ name: 'find_word', arguments: { word } })
  const [{ text = '' } = {}] = content as { readonly text?: string }[]
  return text
}

describe.each([
  ['the shim', editor],
  ['HTTP', overHttp],
])('a client over %s', (_, start) => {
  it('lists the tools, calls one, and gets its progress', async () => {
    const directory = makePages(3)
    const client = await start()
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['index_directory', 'find_word'])
    const seen: (Progress & { readonly progressToken: unknown })[] = []
    client.setNotificationHandler(ProgressNotificationSchema, ({ params }) => void seen.push(params))
    const call = { name: 'index_directory', arguments: { directory }, _meta: { progressToken: 'mine' } }
    expect(await client.callTool(call)).toMatchObject({ content: [{ type: 'text', text: '3 files' }] })
    expect(seen).toEqual(
      [0, 1, 2].map((page) => ({
        progressToken: 'mine',
        progress: page + 1,
        total: 3,
        message: join(directory, pageName(page)),
      })),
    )
    expect(await find(client, 'XX')).toBe(join(directory, pageName(1)))
    expect(daemons()).toHaveLength(1)
  })

  it('is told of the mistakes of a call', async () => {
    const client = await start()
    const wrong = await client.callTool({ name: 'index_directory', arguments: { directory: '/nowhere' } })
    expect(wrong).toMatchObject({ isError: true })
    await expect(client.request({ method: 'nothing' }, ProgressNotificationSchema)).rejects.toThrow(
      /Method not found/,
    )
  })
})

describe('two editors and a client over HTTP', () => {
  it('that start at once share one daemon and what it has read', async () => {
    const directory = makePages(2)
    const [one, two, other] = await Promise.all([editor(), editor(), overHttp()])
    await one?.callTool({ name: 'index_directory', arguments: { directory } })
    const expected = join(directory, pageName(1))
    const found = await Promise.all([one, two, other].map((client) => client && find(client, 'xx')))
    expect(found).toEqual([expected, expected, expected])
    const { pid, port } = await docsd.status()
    expect([daemons(), shims().length]).toEqual([[pid], 2])
    expect(listenersOn(docsd.ports.from, docsd.ports.to).map((one) => one.port)).toEqual([port])
  })

  it('go on when the daemon was killed, or replaced by another', async () => {
    const [shim, other] = [await editor(), await overHttp()]
    const [killed = 0] = daemons()
    const isKilledAlive = watch(killed)
    process.kill(killed, 'SIGKILL')
    await eventually(() => expect(isKilledAlive()).toBe(false))
    expect((await shim.listTools()).tools).toHaveLength(2)
    expect(await find(other, 'common')).toBe('')
    const { pid } = await docsd.restart()
    expect((await other.listTools()).tools).toHaveLength(2)
    expect(await find(shim, 'common')).toBe('')
    expect(daemons()).toEqual([pid])
  })
})

describe('the shim', () => {
  it('ends when the editor closes it, and the daemon stays', async () => {
    const client = await editor()
    await client.listTools()
    const [isShimAlive] = shims().map(watch)
    await client.close()
    expect([isShimAlive?.(), shims(), daemons().length]).toEqual([false, [], 1])
  })

  it('ends a call that the editor cancels, at the daemon too', async () => {
    const pages = 300
    const directory = makePages(pages, 20_000)
    const client = await editor()
    const ending = new AbortController()
    const call = { name: 'index_directory', arguments: { directory } }
    const called = client.callTool(call, undefined, {
      signal: ending.signal,
      onprogress: () => ending.abort(new Error('enough')),
    })
    await expect(called).rejects.toThrow('enough')
    const { port } = await docsd.status()
    await eventually(() => expect(connectionsTo(port ?? 0)).toBe(0))
    const found = (await find(client, 'common')).split('\n').length
    expect(found).toBeGreaterThan(0)
    expect(found).toBeLessThan(pages)
    expect((await find(client, 'common')).split('\n')).toHaveLength(found)
  })

  it('answers what was asked before its input ended, and exits with 0', async () => {
    const directory = makePages(5)
    const child = spawn(process.execPath, [join(tool.directory, 'cli.js'), 'mcp-server'], {
      env: user.env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    const said = textOf(child)
    const call = (id: number, params: object): string =>
      `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params })}\n`
    const read = call(1, { name: 'index_directory', arguments: { directory }, _meta: { progressToken: 1 } })
    child.stdin.end(`${read}\nnot JSON\n${call(2, { name: 'no_tool' })}`)
    const messages = (await said)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(messages.filter(({ method }) => method === 'notifications/progress')).toHaveLength(5)
    expect(messages.find(({ id }) => id === 1)).toMatchObject({ result: { content: [{ text: '5 files' }] } })
    expect(messages.find(({ id }) => id === 2)).toBeDefined()
    expect([messages.length, await ended]).toEqual([7, [0, null]])
  })
})

describe('a client without a connection', () => {
  it('has no token and can call nothing', async () => {
    const { url } = await docsd.connect({ start: true })
    const transport = new StreamableHTTPClientTransport(new URL('/mcp', url))
    await expect(connect(transport)).rejects.toThrow(/invalid_token|401|Unauthorized/)
  })
})
