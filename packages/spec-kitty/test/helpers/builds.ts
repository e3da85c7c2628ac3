import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { smallEnvironment, type Ran } from './cli.js'

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))
const PACKAGE = join('packages', 'spec-kitty')

/** What another build says of itself. */
export interface BuildOptions {
  readonly version: string
  /** As this build's where it is left out. */
  readonly protocolVersion?: number
  /** When it was built: the time of its files on disk. Now, where it is left out. */
  readonly builtAt?: Date
}

/** Another installation of the command, beside the one in the repository. */
export interface Build {
  /** The directory of its package. */
  readonly package: string
  /** The command. */
  readonly cli: string
  /** The entry of its daemons. */
  readonly daemonEntry: string
  readonly packageFile: string
  /** Runs its command, in a small environment and the variables given. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Ran
  /** Writes another version into its package.json only: an installation that was replaced under a running daemon. */
  replaceVersion(version: string): void
}

/**
 * Makes another build of the command in a directory that does not exist yet: a copy of the built package with another
 * version. What it depends on, the library too, is the repository's own.
 */
export function makeBuild(directory: string, options: BuildOptions): Build {
  const target = join(directory, PACKAGE)
  mkdirSync(target, { recursive: true })
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(join(REPOSITORY, PACKAGE, part), join(target, part), { recursive: true })
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'))
  const packageFile = join(target, 'package.json')
  const replaceVersion = (version: string): void => replaceIn(packageFile, /("version": )"[^"]+"/, version)
  replaceVersion(options.version)
  const versionFile = join(target, 'dist', 'version.js')
  replaceIn(versionFile, /(\bVERSION = )'[^']+'/, options.version)
  if (options.protocolVersion !== undefined)
    replaceIn(versionFile, /(\bPROTOCOL_VERSION = )\d+/, options.protocolVersion)
  setTimes(target, options.builtAt ?? new Date())
  const cli = join(target, 'bin', 'spec-kitty.js')
  return {
    package: target,
    cli,
    daemonEntry: join(target, 'dist', 'spec-kitty-daemon.js'),
    packageFile,
    run: (args, env) => runBuild(cli, args, env),
    replaceVersion,
  }
}

function runBuild(cli: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    env: smallEnvironment(env),
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}

/** Throws where there is nothing to replace: the build would quietly be the same as ours. */
function replaceIn(path: string, place: RegExp, value: string | number): void {
  const text = readFileSync(path, 'utf8')
  if (!place.test(text)) throw new Error(`${path} has no ${place.source}`)
  writeFileSync(path, text.replace(place, `$1${JSON.stringify(value)}`))
}

/** Every file, because it is the product's business which one tells the time. */
function setTimes(target: string, time: Date): void {
  for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), time, time)
  }
}
