// @ts-check
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sandbox } from 'familiar/testing'
import { minibuild } from './daemon.js'

const CLI = fileURLToPath(new URL('cli.js', import.meta.url))

/** @type {import('familiar/testing').Sandbox} */
let box
let directory = ''

before(async () => {
  box = await sandbox(minibuild, { tickSeconds: 0.1 })
  directory = await realpath(await mkdtemp(join(tmpdir(), 'minibuild-test-')))
})

after(async () => {
  await box.close()
  await rm(directory, { recursive: true })
})

/** @param {string} name */
async function makeProject(name) {
  const project = join(directory, name)
  await mkdir(join(project, 'src'), { recursive: true })
  await writeFile(join(project, 'package.json'), '{}')
  for (const file of ['a.css', 'b.css']) await writeFile(join(project, 'src', file), 'p {}\n'.repeat(100))
  return project
}

/**
 * @param {string} project
 * @param {readonly string[]} args
 */
async function run(project, ...args) {
  const env = { ...process.env, ...box.env }
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], { cwd: project, env })
  return stdout
}

test('a second build does nothing again', async () => {
  const project = await makeProject('warm')
  assert.match(await run(project, 'build'), /^a\.css: \d+ bytes\nb\.css: \d+ bytes\n$/)
  assert.match(
    await run(project, 'build'),
    /^a\.css: \d+ bytes \(not changed\)\nb\.css: .*\(not changed\)\n$/,
  )
})

test('each project has a daemon of its own', async () => {
  const projects = [await makeProject('one'), await makeProject('two')]
  await Promise.all(projects.map((project) => run(project, 'build')))
  const [one, two] = await Promise.all(projects.map((project) => minibuild.at(project).status()))
  assert.deepEqual([one?.state, two?.state], ['running', 'running'])
  assert.notEqual(one?.pid, two?.pid)
})

test('without a daemon the work is the same', async () => {
  const project = await makeProject('alone')
  assert.match(await run(project, 'build', '--no-daemon'), /^a\.css: \d+ bytes\nb\.css: \d+ bytes\n$/)
  assert.ok(existsSync(join(project, 'dist', 'a.css.br')))
  assert.equal((await minibuild.at(project).status()).state, 'none')
})

test('the daemon of a deleted project leaves', async () => {
  const project = await makeProject('deleted')
  await run(project, 'build')
  const daemon = await minibuild.at(project).connect()
  await rm(project, { recursive: true })
  const isThere = async () =>
    (await minibuild.scan()).candidates.some(({ observation }) => observation.pid === daemon.pid)
  while (await isThere()) await sleep(50)
})
