import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { smallEnvironment, type Ran } from './cli.js'

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))

/** What a build is, beside its code, which is that of this repository as it was built. */
export interface BuildOptions {
  readonly version: string
  /** Without one: the protocol of this repository. */
  readonly protocol?: number
  /** Without one: when this repository was built. */
  readonly builtAt?: Date
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
  /** Runs a line as somebody who copied it from its output would: in a shell that knows `spec-kitty`. */
  runLine(line: string, env: Readonly<Record<string, string>>): Ran
}

/** Installs a build of another version below the directory, which must exist. The library is the repository's. */
export function makeBuild(directory: string, { version, protocol, builtAt }: BuildOptions): Build {
  const home = join(directory, `build-${version}-${protocol ?? 'same'}`)
  const installed = join(home, 'packages', 'spec-kitty')
  mkdirSync(installed, { recursive: true })
  for (const name of ['bin', 'dist', 'package.json']) {
    cpSync(join(REPOSITORY, 'packages', 'spec-kitty', name), join(installed, name), {
      recursive: true,
      preserveTimestamps: true,
    })
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(home, 'node_modules'))
  change(join(installed, 'package.json'), /"version": "[^"]*"/, `"version": "${version}"`)
  const versions = join(installed, 'dist', 'version.js')
  change(versions, /VERSION = '[^']*'/, `VERSION = '${version}'`)
  if (protocol !== undefined) change(versions, /PROTOCOL_VERSION = \d+/, `PROTOCOL_VERSION = ${protocol}`)
  if (builtAt !== undefined) utimesSync(join(installed, 'dist', 'installation.js'), builtAt, builtAt)
  const cli = join(installed, 'bin', 'spec-kitty.js')
  const bin = makeBin(home, cli)
  return {
    version,
    directory: installed,
    cli,
    entry: join(installed, 'dist', 'spec-kitty-daemon.js'),
    run: (args, env) => run([process.execPath, cli, ...args], smallEnvironment(env)),
    runLine: (line, env) => {
      const small = smallEnvironment(env)
      return run(['sh', '-c', line], { ...small, PATH: `${bin}:${small['PATH']}` })
    },
  }
}

function run([command = '', ...args]: readonly string[], env: Readonly<Record<string, string>>): Ran {
  const { status, stdout, stderr } = spawnSync(command, args, { env, encoding: 'utf8', timeout: 60_000 })
  return { status, stdout, stderr }
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

/** Changes the one place in the file that matches. */
function change(path: string, what: RegExp, to: string): void {
  const text = readFileSync(path, 'utf8')
  if (!what.test(text)) throw new Error(`there is nothing like ${what.source} in ${path}`)
  writeFileSync(path, text.replace(what, to))
}
