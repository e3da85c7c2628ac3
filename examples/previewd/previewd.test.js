import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sandbox } from 'familiar/testing'
import { previewd } from './daemon.js'

const CLI = fileURLToPath(new URL('./cli.js', import.meta.url))
let box
let directory

before(async () => {
  box = await sandbox(previewd, { idleTimeoutSeconds: 30 })
  directory = await mkdtemp(join(tmpdir(), 'previewd-test-'))
  await writeFile(join(directory, 'a.md'), '# Hello\n\nThis is **bold**.\n')
})

after(async () => {
  await rm(directory, { recursive: true })
  await box.close()
})

async function run(...args) {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], {
    env: { ...process.env, ...box.env },
  })
  return stdout
}

test('two commands use one daemon', async () => {
  const pages = await Promise.all([1, 2].map(() => run('render', join(directory, 'a.md'))))
  assert.deepEqual(pages, [pages[0], '<h1>Hello</h1>\n<p>This is <strong>bold</strong>.</p>\n'])
  assert.equal((await previewd.status()).state, 'running')
})
