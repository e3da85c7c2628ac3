import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { daemonEnvironment } from '../packages/familiar/src/define/daemon-environment.js'
import { entryOf } from '../scripts/bundle-entry.mjs'
import { wholeChunk } from '../scripts/whole-chunk.mjs'

const COMMAND = fileURLToPath(new URL('../packages/spec-kitty/command/', import.meta.url))
const KEEP = fileURLToPath(new URL('../scripts/keep-compiled.cjs', import.meta.url))

/** Required before: prints for each chunk whether V8 got its compiled form, and whether it took it. */
const TELL = `
const vm = require('node:vm')
const { basename } = require('node:path')
const told = []
vm.Script = class extends vm.Script {
  constructor(code, options) {
    super(code, options)
    told.push([basename(options.filename), options.cachedData === undefined ? 'text' : this.cachedDataRejected ? 'refused' : 'compiled'])
  }
}
process.on('exit', () => require('node:fs').writeFileSync(process.env.TOLD, JSON.stringify(told)))
`

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'familiar-chunks-'))
  writeFileSync(join(directory, 'tell.cjs'), TELL)
  writeFileSync(join(directory, 'package.json'), '{"type":"commonjs"}')
})

afterEach(() => rmSync(directory, { recursive: true }))

/** Runs Node, and returns what was told of each chunk, and what the program printed. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const file = join(directory, 'told')
  const { PATH, SystemRoot } = process.env
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', join(directory, 'tell.cjs'), ...args],
    { env: { PATH, SystemRoot, HOME: directory, TOLD: file, ...env }, encoding: 'utf8' },
  )
  const told: readonly (readonly [string, string])[] = JSON.parse(readFileSync(file, 'utf8'))
  return { status, stdout, stderr, told: Object.fromEntries(told) as Readonly<Record<string, string>> }
}

/** Fails, or replaces the text of a chunk that is loaded already, if it is told so. */
const MAIN = `const other = require("./other-chunk-x1.js");
console.log(other.greet("main"));
if (process.env.FAIL) other.fail();
const { readFileSync, writeFileSync } = require("node:fs");
const { REPLACE: file } = process.env;
if (file) writeFileSync(file, readFileSync(file, "utf8").replace("hello", "howdy"));
`
const OTHER = 'exports.greet = (name) => `hello ${name}`;\nexports.fail = () => { throw new Error("x"); };\n'

/** Two chunks with their entry, and their compiled forms. */
function makeChunks(): { readonly entry: string; readonly compiled: string } {
  const entry = join(directory, 'main.js')
  writeFileSync(entry, entryOf('main-x0.js'))
  writeFileSync(join(directory, 'main-x0.js'), wholeChunk(MAIN))
  writeFileSync(join(directory, 'other-chunk-x1.js'), wholeChunk(OTHER))
  const made = spawnSync(process.execPath, ['--require', KEEP, entry], { encoding: 'utf8' })
  expect([made.stdout, made.stderr]).toEqual(['hello main\n', ''])
  const [build = ''] = readdirSync(join(directory, 'compiled'))
  return { entry, compiled: join(directory, 'compiled', build) }
}

describe('the loader of the chunks', () => {
  it('gives V8 what it has compiled of exactly this text', () => {
    const { entry } = makeChunks()
    const { stdout, told } = run([entry])
    expect([stdout, told]).toEqual([
      'hello main\n',
      { 'main-x0.js': 'compiled', 'other-chunk-x1.js': 'compiled' },
    ])
  })

  it('runs the text that is there, not the one of before, even if it is as long', () => {
    const { entry } = makeChunks()
    writeFileSync(join(directory, 'other-chunk-x1.js'), wholeChunk(OTHER.replace('hello', 'howdy')))
    const { stdout, told } = run([entry])
    expect([stdout, told['other-chunk-x1.js']]).toEqual(['howdy main\n', 'text'])
  })

  it.for<readonly [string, (bytes: Buffer) => Buffer]>([
    ['one bit of the first copy differs', (bytes) => flipped(bytes, 100)],
    ['one bit of the second copy differs', (bytes) => flipped(bytes, bytes.length >> 1)],
    ['one bit of the text differs', (bytes) => flipped(bytes, bytes.length - 20)],
    ['it is cut off by one byte', (bytes) => bytes.subarray(0, -1)],
    ['it is cut off by two bytes', (bytes) => bytes.subarray(0, -2)],
    ['its second half is missing', (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ['it is empty', () => Buffer.alloc(0)],
    ['it is all zeros', (bytes) => Buffer.alloc(bytes.length)],
    ['it is longer', (bytes) => Buffer.concat([bytes, bytes])],
  ])('compiles the text if %s', ([, damage]) => {
    const { entry, compiled } = makeChunks()
    const file = join(compiled, 'other-chunk-x1.js')
    writeFileSync(file, damage(readFileSync(file)))
    const { stdout, told } = run([entry])
    expect([stdout, told]).toEqual([
      'hello main\n',
      { 'main-x0.js': 'compiled', 'other-chunk-x1.js': 'text' },
    ])
  })

  it('compiles the text for another build of Node, and where coverage is measured', () => {
    const { entry, compiled } = makeChunks()
    const texts = { 'main-x0.js': 'text', 'other-chunk-x1.js': 'text' }
    expect(run([entry], { NODE_V8_COVERAGE: join(directory, 'coverage') }).told).toEqual(texts)
    cpSync(compiled, `${compiled}0`, { recursive: true })
    rmSync(compiled, { recursive: true })
    expect(run([entry])).toMatchObject({ stdout: 'hello main\n', told: texts })
  })

  it('leaves it to V8 to refuse it under other options', () => {
    const { entry } = makeChunks()
    const { stdout, told } = run([entry], { NODE_OPTIONS: '--max-old-space-size=300' })
    expect([stdout, told['main-x0.js']]).toEqual(['hello main\n', 'refused'])
  })

  it.for([true, false])('fails for a chunk that is missing, empty or cut off; compiled: %j', (isCompiled) => {
    const { entry, compiled } = makeChunks()
    if (!isCompiled) rmSync(compiled, { recursive: true })
    const file = join(directory, 'other-chunk-x1.js')
    const text = readFileSync(file)
    for (const [bytes, error] of [
      [Buffer.alloc(0), 'MODULE_NOT_FOUND'],
      [text.subarray(0, text.length >> 1), 'SyntaxError'],
      [text.subarray(0, -3), 'SyntaxError'],
    ] as const) {
      writeFileSync(file, bytes)
      const { status, stdout, stderr } = run([entry])
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toContain(error)
    }
    rmSync(file)
    expect(run([entry]).stderr).toMatch(/Cannot find module [^\n]+other-chunk-x1\.js[^]+MODULE_NOT_FOUND/)
  })

  it('names no path of the machine that compiled, not even in a stack trace', () => {
    const { compiled } = makeChunks()
    for (const name of readdirSync(compiled))
      expect(readFileSync(join(compiled, name), 'latin1')).not.toContain(directory)
    const installed = mkdtempSync(join(tmpdir(), 'familiar-chunks-'))
    try {
      for (const name of ['package.json', 'main.js', 'main-x0.js', 'other-chunk-x1.js', 'compiled'])
        cpSync(join(directory, name), join(installed, name), { recursive: true })
      const { stderr, told } = run([join(installed, 'main.js')], { FAIL: '1' })
      expect(told).toEqual({ 'main-x0.js': 'compiled', 'other-chunk-x1.js': 'compiled' })
      expect(stderr).toMatch(/\(other-chunk-x1\.js:4:\d+\)/)
      expect(stderr).not.toContain(join(directory, 'other-chunk-x1.js'))
    } finally {
      rmSync(installed, { recursive: true })
    }
  })

  it('has the text that was compiled, even if the file has another one by now', () => {
    const { entry, compiled } = makeChunks()
    rmSync(compiled, { recursive: true })
    const env = { ...process.env, REPLACE: join(directory, 'other-chunk-x1.js') }
    expect(spawnSync(process.execPath, ['--require', KEEP, entry], { env }).status).toBe(0)
    const { stdout, told } = run([entry])
    expect([stdout, told['other-chunk-x1.js']]).toEqual(['howdy main\n', 'text'])
  })

  it('keeps the lines and columns of a stack trace', () => {
    const { entry } = makeChunks()
    const name = join(directory, 'main-x0.js')
    writeFileSync(name, wholeChunk('throw new Error("here");'))
    expect(run([entry]).stderr).toContain(`${name}:3:7`)
    writeFileSync(name, 'throw new Error("here");')
    expect(run([entry]).stderr).toContain(`${name}:1:7`)
  })
})

const BUILD = `${process.version}-${process.platform}-${process.arch}-${statSync(process.execPath).size}`

describe('the command as it is built', () => {
  it('has compiled forms for one build of Node', () => {
    expect(readdirSync(join(COMMAND, 'compiled'))).toHaveLength(1)
  })

  // `npm run test:nodes` runs what one Node has built with others too.
  const isBuiltHere = existsSync(join(COMMAND, 'compiled', BUILD))
  it.skipIf(!isBuiltHere)(
    'has a compiled form of what a status, a doctor and a daemon load, which V8 takes',
    () => {
      const bin = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
      mkdirSync(join(directory, 'sandbox'))
      const daemons = { sync: { from: 1024, to: 1025 }, dashboard: { from: 1024, to: 1025 } }
      writeFileSync(join(directory, 'sandbox/sandbox.json'), JSON.stringify({ daemons }))
      const env = { FAMILIAR_SANDBOX: join(directory, 'sandbox') }
      for (const args of [
        ['sync', 'status'],
        ['auth', 'doctor', '--json'],
      ]) {
        const { status, told } = run([bin, ...args], env)
        expect([args, status, [...new Set(Object.values(told))]]).toEqual([args, 0, ['compiled']])
      }
      // The options with which every daemon starts: V8 would refuse it under others.
      const { NODE_OPTIONS = '' } = daemonEnvironment({}, [])
      const daemon = run([join(COMMAND, 'spec-kitty-daemon.js')], { NODE_OPTIONS })
      expect([daemon.status, Object.values(daemon.told)]).toEqual([2, ['compiled']])
    },
  )

  it('has entries that do not refer to the build', () => {
    for (const name of ['main.js', 'spec-kitty-daemon.js'])
      expect(readFileSync(join(COMMAND, name), 'utf8')).not.toContain('keep-compiled')
  })
})

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
