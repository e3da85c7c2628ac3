import { fileURLToPath } from 'node:url'
import { existsSync, realpathSync } from 'node:fs'
import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from '../classify/decision-tables.js'
import type { Launch } from '../client/start-order.js'
import type { Family } from '../family.js'
import type { PortRange } from '../identity/machine.js'
import type { Self } from '../identity/versions.js'
import type { Timing } from '../protocol/daemon-timing.js'
import { CLEAN_EVERY_MS, DRAIN_MS, IDLE_SECONDS, TICK_MS } from '../daemon/default-timing.js'
import {
  filesOf,
  filesOfPredecessors,
  readEnvironment,
  readRecord,
  scopeOf,
  shapeOf,
  shutdownRequest,
  siblingsOf,
  tokenDirectoryOf,
} from './author-functions.js'
import { daemonEnvironment } from './daemon-environment.js'
import { invalid, isEntry, shown } from './check-definition.js'
import { defaultPorts } from './default-ports.js'
import type { Daemon } from './define-daemon.js'
import type { CommandLine, DaemonOptions, Predecessor, Words } from './options.js'
import { STARTUP_GRACE_SECONDS } from '../classify/startup-grace.js'
import { installationOf, runningFile, type Installation } from './installation.js'
import { projectRoot } from './project-root.js'
import { scopeFiles, stateDirectory } from './scope-files.js'
import { launchArgs, ownShape, selfReportReader } from './recognise.js'
import { readSandbox, SANDBOX_VARIABLE, type SandboxRead } from './sandbox-file.js'
import { shellQuote } from './shell-quote.js'

/**
 * The values derived from the options of a daemon. Each is computed when it is first needed, and then kept (except a
 * test's sandbox).
 */
export interface Definition {
  readonly options: DaemonOptions
  readonly commandLine: CommandLine
  readonly words: Words
  readonly isProject: boolean
  readonly family: Family
  readonly installation: Installation
  readonly version: string
  readonly self: Self
  readonly timing: Required<Pick<Timing, 'tickMs' | 'idleMs' | 'drainMs' | 'cleanEveryMs'>>
  /** Returns the directory for files that do not belong to a single scope. */
  readonly place: () => string
  /** Returns the scope of a command that names none. */
  readonly defaultScope: () => string
  /** Returns how to start the daemon of a scope. */
  readonly launch: (scope: string) => Launch
}

/** Resolves options that were already checked. `familiesOf` returns the families of the daemons that they name. */
export function resolveDefinition(
  options: DaemonOptions,
  familiesOf: (siblings: readonly Daemon[]) => Family['relatives'],
): Definition {
  const relatives = (): Family['relatives'] => familiesOf(siblingsOf(options))
  const { name, predecessors = [], scope = 'user' } = options
  const isProject = (options.scopeKind ?? (scope === 'user' ? 'user' : 'project')) === 'project'
  const commandLine = options.commandLine ?? { role: `${name}-daemon`, scopeFlag: `--${name}-scope=` }
  const given = Object.entries(options.words ?? {}).filter(([, value]) => value !== undefined)
  const words: Words = {
    ...defaultWords(name, isProject, options.words?.command ?? name),
    ...(Object.fromEntries(given) as Partial<Words>),
  }
  const sandbox = sandboxFor(name)
  const state = (): string => sandbox()?.state ?? stateDirectory(name, process.env)
  const entry = once(() => entryOf(options))
  const installation = once(() => installationOf(entry()))
  const version = once(() => options.version ?? versionOf(installation()))
  const ports = (): PortRange => sandbox()?.ports ?? options.ports ?? defaultPorts(name, isProject)
  const family = once(() =>
    familyOf(options, { isProject, commandLine, words, predecessors, ports, relatives }),
  )
  return {
    options,
    commandLine,
    words,
    isProject,
    get family() {
      return family()
    },
    get installation() {
      return installation()
    },
    get version() {
      return version()
    },
    get self() {
      return selfOf(options, version())
    },
    timing: {
      tickMs: TICK_MS,
      idleMs: (options.idleTimeoutSeconds ?? IDLE_SECONDS) * 1000,
      drainMs: options.drainTimeoutSeconds === undefined ? DRAIN_MS : options.drainTimeoutSeconds * 1000,
      cleanEveryMs: CLEAN_EVERY_MS,
    },
    place: () => tokenDirectoryOf(options) ?? state(),
    defaultScope: () => {
      if (scope === 'user') return state()
      return scope === 'project' ? projectRoot() : scopeOf(scope)
    },
    launch: (at) => ({
      args: launchArgs(commandLine, options.execArgv ?? [], entry(), at),
      env: daemonEnvironment(process.env, options.env ?? []),
      cwd: '/',
      logFile: family().files(at).log,
      timing: sandbox()?.timing ?? {},
    }),
  }
}

interface Parts {
  readonly isProject: boolean
  readonly commandLine: CommandLine
  readonly words: Words
  readonly predecessors: readonly Predecessor[]
  readonly ports: () => PortRange
  readonly relatives: () => Family['relatives']
}

function familyOf(
  options: DaemonOptions,
  { isProject, commandLine, words, predecessors, ports, relatives }: Parts,
): Family {
  const { name } = options
  // Only the tool's state directory contains nothing but the daemon's files; every other scope contains other files too.
  const isItsOwn = (options.scope ?? 'user') === 'user'
  const environments = predecessors.filter(({ scopesInEnvironment }) => scopesInEnvironment !== undefined)
  return {
    name,
    title: words.title,
    get ports() {
      return ports()
    },
    rules: isProject ? PROJECT_SCOPE_RULES : USER_SCOPE_RULES,
    startingSeconds: STARTUP_GRACE_SECONDS,
    reasonNames: words.reasonNames,
    shapes: [ownShape(commandLine), ...predecessors.map(shapeOf)],
    readSelfReport: selfReportReader(name, predecessors),
    healthPaths: predecessors.flatMap(({ healthPath }) => healthPath ?? []),
    files: keepLast((scope) => ({
      ...scopeFiles(scope, name, isItsOwn),
      ...filesOf(options, scope),
      ...filesOfPredecessors(predecessors, scope),
    })),
    predecessors: predecessors.map((one) => ({
      parseRecord: (text) => readRecord(one, text),
      shutdown: one.shutdown === undefined ? null : (token) => shutdownRequest(one, token),
    })),
    get tokenDirectory() {
      return tokenDirectoryOf(options)
    },
    scopesInEnvironment:
      environments.length === 0
        ? null
        : (env) => {
            const named = environments.map((one) => readEnvironment(one, env))
            return named.every((one) => one !== null) ? named.flat() : null
          },
    scopeMustExist: isProject,
    get relatives() {
      return relatives()
    },
  }
}

function selfOf({ protocol = 1, buildTime = null }: DaemonOptions, packageVersion: string): Self {
  return {
    implementation: 'own',
    protocolVersion: protocol,
    packageVersion,
    buildTime,
    executable: process.execPath,
  }
}

function entryOf({ entry }: DaemonOptions): string {
  const named = typeof entry === 'function' ? entry() : entry
  if (named !== undefined && !isEntry(named))
    throw invalid(
      'defineDaemon',
      `entry must return an absolute path or a URL that begins with file:, not ${shown(named)}`,
    )
  if (named === undefined) {
    const file = runningFile()
    if (file === null) throw invalid('defineDaemon', 'there is no running file: name the entry')
    return file
  }
  const path = typeof named === 'string' && !named.startsWith('file:') ? named : fileURLToPath(named)
  // A missing file is reported by the start and not here, because an upgrade may be replacing it.
  return existsSync(path) ? realpathSync(path) : path
}

function versionOf({ entry, version }: Installation): string {
  if (version !== null) return version
  throw invalid('defineDaemon', `no package.json with a version is above ${entry}: give the version`)
}

function defaultWords(name: string, isProject: boolean, tool: string): Words {
  const command = (rest: string): string => `${tool} ${rest}`
  return {
    title: name.endsWith('daemon') ? name : `${name} daemon`,
    command: tool,
    start: command('start'),
    stop: command('stop'),
    restart: command('restart'),
    status: command('status'),
    clean: command('doctor --reset'),
    showElsewhere: (scope) =>
      isProject ? `cd ${shellQuote(scope)} && ${command('status')}` : command('status'),
    explain: command('explain'),
    inScope: () => '',
    otherScopeHint: '',
    scope: isProject ? 'project' : 'scope',
    predecessor: 'an earlier version',
    predecessorStop: '',
    versionVariable: '',
    reasonNames: { other_family: 'other_family', not_ours: `not_${name.replaceAll('-', '_')}` },
  }
}

/**
 * Returns a function that reads the sandbox that the environment names when it is called; outside tests it returns null.
 */
function sandboxFor(name: string): () => SandboxRead | null {
  return () => {
    const directory = process.env[SANDBOX_VARIABLE]
    return directory === undefined || directory === '' ? null : readSandbox(directory, name)
  }
}

/** Returns a function that computes its value on the first call and keeps it; a failure is not kept. */
function once<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | null = null
  return () => (kept ??= { value: compute() }).value
}

/** Keeps the last result: a command asks six times for the files of its scope, which are twenty paths. */
function keepLast<T>(compute: (of: string) => T): (of: string) => T {
  let last: { readonly of: string; readonly result: T } | null = null
  return (of) => {
    if (last?.of !== of) last = { of, result: compute(of) }
    return last.result
  }
}
