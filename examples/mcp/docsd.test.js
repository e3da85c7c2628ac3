// @ts-check
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ProgressNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { sandbox } from 'familiar/testing'
import { docsd } from './daemon.js'
import { httpTransport } from './http-client.js'

const CLI = fileURLToPath(new URL('cli.js', import.meta.url))

/** @type {import('familiar/testing').Sandbox} */
let box
let directory = ''
/** @type {Client[]} */
const clients = []

before(async () => {
  box = await sandbox(docsd)
  directory = await mkdtemp(join(tmpdir(), 'docsd-test-'))
  await writeFile(join(directory, 'one.md'), 'The first page.')
  await writeFile(join(directory, 'two.md'), 'The second page.')
})

after(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await rm(directory, { recursive: true })
  await box.close()
})

/** @param {import('@modelcontextprotocol/sdk/shared/transport.js').Transport} transport */
async function connect(transport) {
  const client = new Client({ name: 'docsd-test', version: '1.0.0' })
  await client.connect(transport)
  clients.push(client)
  return client
}

function stdioTransport() {
  return new StdioClientTransport({ command: process.execPath, args: [CLI, 'mcp-server'], env: box.env })
}

/**
 * @param {Client} client
 * @param {string} word
 */
async function find(client, word) {
  const { content } = await client.callTool({ name: 'find_word', arguments: { word } })
  return content
}

test('an editor lists the tools, and sees the progress of a call', async () => {
  const editor = await connect(stdioTransport())
  const { tools } = await editor.listTools()
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['index_directory', 'find_word'],
  )
  /** @type {unknown[]} */
  const seen = []
  // Not by `onprogress`, which the SDK no longer calls once the result has arrived: both may arrive at once.
  editor.setNotificationHandler(ProgressNotificationSchema, ({ params }) => void seen.push(params))
  const call = { name: 'index_directory', arguments: { directory }, _meta: { progressToken: 'mine' } }
  const result = await editor.callTool(call)
  assert.deepEqual(result.content, [{ type: 'text', text: '2 files' }])
  const [one, two] = ['one.md', 'two.md'].map((name) => join(directory, name))
  assert.deepEqual(seen, [
    { progressToken: 'mine', progress: 1, total: 2, message: one },
    { progressToken: 'mine', progress: 2, total: 2, message: two },
  ])
})

test('another editor, and a client over HTTP, use the same daemon', async () => {
  const editor = await connect(stdioTransport())
  const connection = await docsd.connect()
  const other = await connect(httpTransport(connection))
  const expected = [{ type: 'text', text: join(directory, 'two.md') }]
  assert.deepEqual(await find(editor, 'second'), expected)
  assert.deepEqual(await find(other, 'SECOND'), expected)
  assert.equal((await docsd.scan()).candidates.length, 1)
})

test('an editor goes on when the daemon was restarted', async () => {
  const editor = await connect(stdioTransport())
  const before = await docsd.connect()
  const after = await docsd.restart()
  assert.notEqual(after.pid, before.pid)
  const { tools } = await editor.listTools()
  assert.equal(tools.length, 2)
})
