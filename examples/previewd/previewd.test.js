// @ts-check
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rm, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sandbox } from 'familiar/testing'
import { previewd } from './daemon.js'

const CLI = fileURLToPath(new URL('cli.js', import.meta.url))

/** @type {import('familiar/testing').Sandbox} */
let box
let directory = ''

before(async () => {
  box = await sandbox(previewd)
  directory = await mkdtemp(join(tmpdir(), 'previewd-test-'))
  await writeFile(join(directory, 'page.md'), '# Hello\n\nThis is **bold** & `code`.\n')
})

after(async () => {
  await rm(directory, { recursive: true })
  await box.close()
})

/** @param {readonly string[]} args */
async function run(...args) {
  const env = { ...process.env, ...box.env }
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], { env })
  return stdout
}

test('two commands at once use one daemon, which goes on running', async () => {
  const page = join(directory, 'page.md')
  const pages = await Promise.all([run('render', page), run('render', page)])
  const html = '<h1>Hello</h1>\n<p>This is <strong>bold</strong> &amp; <code>code</code>.</p>\n'
  assert.deepEqual(pages, [html, html])
  const { state } = await previewd.status()
  assert.equal(state, 'running')
  assert.equal((await previewd.scan()).candidates.length, 1)
})

test('another render uses the daemon that runs', async () => {
  const daemon = await previewd.connect()
  const { pid } = daemon
  await run('render', join(directory, 'page.md'))
  assert.deepEqual([daemon.started, (await previewd.status()).pid], [false, pid])
})

test('the daemon can be stopped', async () => {
  const { outcome } = await previewd.stop()
  assert.equal(outcome, 'stopped')
  assert.equal((await previewd.status()).state, 'stopped')
})
