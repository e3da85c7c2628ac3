import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallEnvironment } from '../helpers/cli.js'
import { DAMAGES } from '../helpers/damages.js'

/**
 * An installation that was interrupted: each file of the package is missing, empty, or there only in part, and every command that
 * reads it says so in one line, or works. `cli/failure.test.ts` tries some of them.
 */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
const SHIPPED = ['bin', 'command', 'dist/dashboard/page', 'man', 'package.json']
const COMMANDS = ['--version', 'sync status', 'auth doctor --json', 'sync start']
const INCOMPLETE = /^spec-kitty: this installation is incomplete, [^\n]+ install spec-kitty again[^\n]*\n$/

/** What Node reads before any line of ours runs: only Node can say what is wrong there. */
const NODES: ReadonlySet<string> = new Set(['bin/package.json', 'bin/spec-kitty.js'])
/** A child loads them, which the hook does not see. */
const OF_DAEMON = /^command\/(?:spec-kitty-daemon|daemon-clean-[^/]+)\.js$|^package\.json$/

let base: string
let copy: string

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'familiar-half-'))
  copy = join(base, 'spec-kitty')
  for (const name of SHIPPED) cpSync(join(PACKAGE, name), join(copy, name), { recursive: true })
  symlinkSync(join(PACKAGE, '../../node_modules'), join(copy, 'node_modules'))
})

afterAll(() => rmSync(base, { recursive: true }))

let homes = 0

/** Runs a command in a home of its own, and leaves no daemon there. */
function run(line: string, ...options: readonly string[]) {
  const root = join(base, `home-${++homes}`)
  mkdirSync(root)
  const env = smallEnvironment({ SPEC_KITTY_HOME: root })
  const main = join(copy, 'bin/spec-kitty.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [...options, main, ...line.split(' ')], {
    env,
    encoding: 'utf8',
  })
  const whole = join(PACKAGE, 'bin/spec-kitty.js')
  if (status === 0 && line === 'sync start') spawnSync(process.execPath, [whole, 'sync', 'stop'], { env })
  return { status, stdout, stderr: stderr.replaceAll(/^waiting for .*\n/gm, '') }
}

/** Returns the files of the package, by their path in it, that the command reads. */
function readBy(line: string, files: readonly string[]): readonly string[] {
  const hook = join(base, 'hook.cjs')
  const list = join(base, 'list')
  writeFileSync(list, '')
  const text = `
    const fs = require('node:fs')
    const { readFileSync } = fs
    fs.readFileSync = (path, ...more) => {
      fs.appendFileSync(${JSON.stringify(list)}, require('node:path').normalize(String(path)) + '\\n')
      return readFileSync(path, ...more)
    }`
  writeFileSync(hook, text)
  run(line, '--require', hook)
  const read = new Set(readFileSync(list, 'utf8').split('\n'))
  const isType = (file: string): boolean => file === 'command/package.json' && line !== '--version'
  const isChilds = (file: string): boolean => line === 'sync start' && OF_DAEMON.test(file)
  return files.filter((file) => read.has(join(copy, file)) || isType(file) || isChilds(file))
}

describe('an installation of which a file is there only in part', () => {
  const files = SHIPPED.flatMap((name) =>
    name.includes('.')
      ? [name]
      : readdirSync(join(PACKAGE, name), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(PACKAGE.length)),
  )

  it.each(COMMANDS)('%s says so in one line, or does what it says', { timeout: 300_000 }, (line) => {
    const usual = run(line)
    expect(usual.status).toBe(0)
    const read = readBy(line, files).filter((file) => !NODES.has(file))
    expect(read.length).toBeGreaterThan(0)
    for (const file of read) {
      for (const [how, damage] of Object.entries(DAMAGES)) {
        damage(join(copy, file))
        const { status, stdout, stderr } = run(line)
        cpSync(join(PACKAGE, file), join(copy, file))
        const isSaid = status === 75 && INCOMPLETE.test(stderr)
        const works = status === 0 && stderr === '' && alike(stdout) === alike(usual.stdout)
        expect(isSaid || works, `${file} ${how}: ${status} ${stderr} ${stdout}`).toBe(true)
      }
    }
  })
})

/** Without what differs from one run to the next. */
function alike(text: string): string {
  return text.replaceAll(/\d+/g, 'N')
}
