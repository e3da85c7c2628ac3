import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { smallEnvironment, withoutWaits, type Ran } from './cli.js'

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))

/** What a build is, beside its code, which is that of this repository as it was built. */
export interface BuildOptions {
  readonly version: string
  /** Without one: the protocol of this repository. */
  readonly protocol?: number
  /** What its bundle says of when it was built. Without one: when this repository was built. Null: it does not say. */
  readonly builtAt?: Date | null
}

/** Another installation of the tool on this machine. */
export interface Build {
  readonly version: string
  /** Its package on disk. */
  readonly directory: string
  /** Its command, to be run by node. */
  readonly cli: string
  /** Its daemon's entry, to be run by node. */
  readonly entry: string
  /** Runs its command. */
  run(args: readonly string[], env: Readonly<Record<string, string>>): Ran
  /** Runs a line as a user who copied it from its output would: in a shell that knows `spec-kitty`. */
  runLine(line: string, env: Readonly<Record<string, string>>): Ran
}

/** What else is published, besides the bundle (`files` in its package.json). */
const PAGE = join('dist', 'dashboard', 'page')

/** Installs a build of another version below the directory, which must exist. The library is the repository's. */
export function makeBuild(directory: string, { version, protocol, builtAt }: BuildOptions): Build {
  const home = join(directory, `build-${version}-${protocol ?? 'same'}`)
  const installed = join(home, 'packages', 'spec-kitty')
  mkdirSync(installed, { recursive: true })
  for (const name of ['bin', 'command', PAGE, 'package.json']) {
    cpSync(join(REPOSITORY, 'packages', 'spec-kitty', name), join(installed, name), {
      recursive: true,
      preserveTimestamps: true,
    })
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(home, 'node_modules'))
  change(join(installed, 'package.json'), /"version": "[^"]*"/, `"version": "${version}"`)
  const command = join(installed, 'command')
  writeFileSync(join(command, 'texts', 'version'), `${version}\n`)
  for (const versions of filesWith(command, VERSION)) {
    change(versions, VERSION, `const VERSION = "${version}"`)
    if (protocol !== undefined) change(versions, PROTOCOL, `const PROTOCOL_VERSION = ${protocol}`)
    if (builtAt !== undefined) change(versions, BUILD_TIME, timeLine(builtAt))
  }
  const cli = join(installed, 'bin', 'spec-kitty.js')
  const bin = makeBin(home, cli)
  return {
    version,
    directory: installed,
    cli,
    entry: join(command, 'spec-kitty-daemon.js'),
    run: (args, env) => run([process.execPath, cli, ...args], smallEnvironment(env)),
    runLine: (line, env) => {
      const small = smallEnvironment(env)
      return run(['sh', '-c', line], { ...small, PATH: `${bin}:${small['PATH']}` })
    },
  }
}

function run([command = '', ...args]: readonly string[], env: Readonly<Record<string, string>>): Ran {
  const { status, stdout, stderr } = spawnSync(command, args, { env, encoding: 'utf8', timeout: 60_000 })
  return { status, stdout, ...withoutWaits(stderr) }
}

/** Makes a directory for the path in which `spec-kitty` is this command. */
function makeBin(home: string, cli: string): string {
  const bin = join(home, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'spec-kitty'), `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`, {
    mode: 0o755,
  })
  return bin
}

const VERSION = /^const VERSION = "[^"]*"/m
const PROTOCOL = /^const PROTOCOL_VERSION = \d+/m
const BUILD_TIME = /^const BUILD_TIME = "[^"]*"/m

function timeLine(builtAt: Date | null): string {
  return `const BUILD_TIME = ${JSON.stringify(builtAt)}`
}

/** Returns the two files that have such a place: one of the command's bundle, one of the daemons'. */
function filesWith(directory: string, what: RegExp): readonly string[] {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(directory, name))
  const found = files.filter((file) => what.test(readFileSync(file, 'utf8')))
  if (found.length !== 2) throw new Error(`${found.length} files in ${directory} have ${what.source}`)
  return found
}

/** Changes the one place in the file that matches. */
function change(path: string, what: RegExp, to: string): void {
  const text = readFileSync(path, 'utf8')
  if (!what.test(text)) throw new Error(`there is nothing like ${what.source} in ${path}`)
  writeFileSync(path, text.replace(what, to))
}
