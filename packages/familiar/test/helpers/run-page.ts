import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { packLibrary } from './install-tarball.js'
import { withoutWaits } from './waits.js'

const MODULES = dirname(dirname(createRequire(import.meta.url).resolve('fs-native-extensions')))

const COMMAND_MS = 120_000

/** A fenced block of a page: a file (`js`, its name in the first line), commands (`sh`), or commands and output (`console`). */
export interface Block {
  readonly kind: 'js' | 'sh' | 'console'
  readonly text: string
}

export function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(/^```(js|sh|console)\n([\s\S]*?)^```$/gm)].map(([, kind, text = '']) => ({
    kind: kind as Block['kind'],
    text,
  }))
}

/** The directory and environment in which the blocks of a page run, one after the other. */
export interface Reader {
  directory: string
  readonly env: NodeJS.ProcessEnv
}

/** One command of a page: what the page says, and what happened. Numbers, hashes and runs of blanks are made equal. */
export interface Ran {
  readonly command: string
  readonly said: string
  readonly printed: string
}

/** Does what a reader does with a block. Throws if a command of an `sh` block fails. */
export function runBlock({ kind, text }: Block, reader: Reader): readonly Ran[] {
  if (kind === 'js') writeNamed(text, reader)
  else if (kind === 'sh')
    text
      .trimEnd()
      .split('\n')
      .forEach((line) => runSetUp(line, reader))
  else return stepsIn(text).map((step) => runStep(step, reader))
  return []
}

function writeNamed(text: string, { directory }: Reader): void {
  const name = /^\/\/ (\S+)\n/.exec(text)?.[1]
  if (name === undefined) throw new Error(`a block of a file must begin with its name: ${text}`)
  mkdirSync(dirname(join(directory, name)), { recursive: true })
  writeFileSync(join(directory, name), text)
}

/** A test must not need a network: what the page installs from the registry is put in place from here. */
function runSetUp(line: string, reader: Reader): void {
  const entered = /^mkdir (\S+) && cd \1$/.exec(line)?.[1]
  if (entered !== undefined) {
    reader.directory = join(reader.directory, entered)
    mkdirSync(reader.directory)
  } else if (line === 'npm install familiar') {
    installPacked(reader.directory)
  } else if (line === 'npm install --save-dev vitest') {
    linkVitest(reader.directory)
  } else {
    const { status, stdout, stderr } = runShell(line, reader)
    if (status !== 0) throw new Error(`${line}: exit ${status}\n${stdout}${stderr}`)
  }
}

function installPacked(project: string): void {
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, 'familiar'), { recursive: true })
  execFileSync('tar', ['-xzf', packLibrary(), '-C', join(modules, 'familiar'), '--strip-components=1'])
  symlinkSync(join(MODULES, 'fs-native-extensions'), join(modules, 'fs-native-extensions'))
}

function linkVitest(project: string): void {
  const bin = join(project, 'node_modules', '.bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(join(MODULES, 'vitest'), join(project, 'node_modules', 'vitest'))
  symlinkSync(join(MODULES, 'vitest', 'vitest.mjs'), join(bin, 'vitest'))
}

interface Step {
  readonly command: string
  readonly output: string
}

function stepsIn(text: string): readonly Step[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = '', ...output] = step.split('\n')
      return { command, output: output.join('\n') }
    })
}

function runStep({ command, output }: Step, reader: Reader): Ran {
  // In the order in which a terminal would show it.
  const { stdout } = runShell(`exec 2>&1; ${command}`, reader)
  return { command, said: likened(output, reader), printed: likened(stdout, reader) }
}

function runShell(command: string, { directory, env }: Reader) {
  return spawnSync('bash', ['-c', command], { cwd: directory, env, encoding: 'utf8', timeout: COMMAND_MS })
}

function likened(text: string, { env }: Reader): string {
  return withoutWaits(text)
    .replaceAll(env['HOME'] ?? '/home/you', '/home/you')
    .replaceAll(/\b[0-9a-f]{16}\b/g, 'HASH')
    .replaceAll(/\d+/g, 'N')
    .replaceAll(/\bN (second|minute)s?\b/g, 'N $1s')
    .replaceAll(/[ \t]+/g, ' ')
    .trim()
}
