// @ts-check
/**
 * Defines which modules form a separate chunk, for the command, for the entry module of the daemons and for the library:
 * modules that are needed together are read together. A module in the wrong group costs time but breaks nothing, so it
 * would go unnoticed. Therefore `assertNamesExist` fails if a name matches no module, for example after a rename.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The modules of one chunk: those that nearly every command needs, and those that `sync status` needs. */
const CORE = [
  /(?:familiar\/dist\/(?:errors|define\/(?:daemon-environment|home-directory)|cli\/(?:io|printable|exit-codes|command-errors|read-options|failure|print-json|process-io|prompt|watch-reader|arguments|output|grammar))|spec-kitty\/dist\/(?:main|version|cli\/(?:command-table|find-command)))\.js$/,
  /familiar\/dist\/cli\/(?:parse|nearest)\.js$/,
  /familiar\/dist\/(?:json|runtime|identity\/.*|protocol\/(?:record|lock-holder|self-report|crypto)|classify\/(?:decision-tables|first-match|tri)|observe\/(?:peek|small-file|read-records)|observe\/platform\/(?:select|native-locks|linux|linux-lock-holder|host-id|parse-proc))\.js$/,
  /familiar\/dist\/(?:load-beside|define\/scan-method|protocol\/challenge|classify\/(?:names-living|daemon-state)|observe\/(?:http|probe-health|handshake|verify-record|read-state))\.js$/,
  /(?:familiar\/dist\/(?:define\/(?:define-daemon|hints)|doctor\/status-head|cli\/(?:run|format-lines|daemon-grammars))|spec-kitty\/dist\/(?:installation|cli\/runtime-root|sync\/(?:config-file|start-policy)|daemons\/(?!list-homes).*))\.js$/,
  /(?:familiar\/dist\/cli\/commands\/status|spec-kitty\/dist\/(?:commands\/sync-status|sync\/(?:sync-status|status-lines)))\.js$/,
]

/** The modules of another chunk: those that a scanning command needs in addition, and those of `auth doctor`. */
const SCAN = [
  /familiar\/dist\/(?:classify\/.*|observe\/(?:scan|still-listening|changing-now|ask-listeners|prove-process|make-observations|peek-text|read-scopes-in-child|platform\/spawn-aside|scope-daemon|spared|state-from-scan|uninstalled))\.js$/,
  /(?:familiar\/dist\/(?:cli\/(?:commands\/doctor|describe-candidate)|doctor\/(?!explain\/).*)|spec-kitty\/dist\/(?:commands\/auth-doctor|doctor\/(?!explain\/).*))\.js$/,
]

/**
 * The groups of the command; the first one that matches counts. Modules that are always needed together form one chunk,
 * because finding, reading and compiling a chunk costs a third of a millisecond.
 *
 * @type {readonly Group[]}
 */
export const COMMAND_GROUPS = [
  { name: 'core', parts: CORE },
  { name: 'scan', parts: SCAN },
  {
    // The additional modules that `doctor` needs to show its findings to people.
    name: 'render',
    parts: [/familiar\/dist\/cli\/(?:render-.*|format-table|fold-rows|reason-text)\.js$/],
  },
  {
    // Not named `start`, because the library has a command of that name with its own chunk.
    name: 'sync-start',
    parts: [
      /(?:familiar\/dist\/(?:cli\/(?:commands\/start|connect-daemon|version-notice|print-connection)|client\/(?:connect|find-recorded|use-or-replace)|dispose|define\/connect-method)|spec-kitty\/dist\/commands\/sync-start)\.js$/,
    ],
  },
  {
    name: 'help',
    parts: [/(?:familiar\/dist\/cli\/(?:help|help-topic)|spec-kitty\/dist\/cli\/(?:help|topic-names))\.js$/],
  },
  {
    name: 'explain',
    parts: [
      /(?:familiar\/dist\/(?:cli\/commands\/explain|doctor\/explain\/.*)|spec-kitty\/dist\/doctor\/explain\/.*)\.js$/,
    ],
  },
  {
    name: 'logs',
    parts: [
      /(?:familiar\/dist\/cli\/(?:commands\/logs|log-\w+|follow-log|search-log|since|tail)|spec-kitty\/dist\/commands\/(?:sync|dashboard)-logs)\.js$/,
    ],
  },
  {
    name: 'lock',
    parts: [
      /familiar\/dist\/(?:act\/(?:acquire-lock|lock-file|try-lock|load-lock-library|own-place|safe-file|assert-own-scope|assert-can-write|assert-scope-there)|client\/out-of-reach-errors|observe\/platform\/try-for-holder)\.js$/,
    ],
  },
  {
    // The modules that a command needs for a project whose events wait, or in which it runs.
    name: 'consent',
    parts: [/spec-kitty\/dist\/sync\/(?:consent-file|consent-of-events|project-origin|project-uuid)\.js$/],
  },
  {
    name: 'queue',
    parts: [/spec-kitty\/dist\/sync\/(?:queue\/(?!salvage).*|use-queue)\.js$/],
  },
  {
    name: 'publish',
    parts: [
      /spec-kitty\/dist\/(?:commands\/sync-publish|sync\/(?:publish-lines|event|read-lines|ulid|tell-daemon))\.js$/,
    ],
  },
]

/**
 * The groups of the entry module of the daemons. The first contains what a daemon needs until it serves, without the
 * queue, the pages of the dashboard and a scan. The second contains what it needs shortly after that, to look for stale
 * daemons of its scope.
 *
 * @type {readonly Group[]}
 */
export const DAEMON_GROUPS = [
  {
    name: 'start',
    parts: [
      /(?:familiar\/dist\/(?:[^/]*|daemon\/(?!clean-siblings).*|define\/serve-method|identity\/(?!versions|proof).*|protocol\/.*|observe\/(?:peek|small-file|read-records|process-name|port-users)|observe\/platform\/(?:select|linux.*|parse-proc|read-quietly|host-id|native-locks|try-for-holder)|act\/(?:acquire-lock|lock-file|try-lock|load-lock-library|own-place|safe-file|assert-own-scope|assert-can-write|assert-scope-there|agreed-places|inherited-descriptors|tokens|write-private-file|record-file|quarantine|request-shutdown|open-log-file)|classify\/(?:tri|names-living))|spec-kitty\/dist\/(?:spec-kitty-daemon|sync\/daemon\/(?:service|load-dispatcher|drain-stream|health-owner|publish-route)|sync\/work-report))\.js$/,
    ],
  },
  {
    name: 'clean',
    parts: [
      /familiar\/dist\/(?:daemon\/clean-siblings|act\/.*|classify\/.*|identity\/.*|observe\/[^/]*)\.js$/,
    ],
  },
]

/** @param {string} names */
const modules = (names) => [new RegExp(`[\\\\/]familiar[\\\\/]dist[\\\\/](?:${names})\\.js$`)]

/**
 * The groups of the library. `define` is needed by the import itself, `use` by a command whose daemon runs, and `scan`,
 * `act` and `cold` by a command that has to scan, to lock or end something, and to start a daemon. The modules of the
 * commands and of the daemon are grouped by what is needed together.
 *
 * @type {readonly Group[]}
 */
export const LIBRARY_GROUPS = Object.entries({
  define:
    'index|errors|json|runtime|dispose|identity/.*|define/(?:define-daemon|resolve-definition|scope-files|project-root|installation|home-directory|daemon-environment|check-definition|author-functions|default-ports|recognise|sandbox-file|shell-quote)|protocol/daemon-timing|classify/(?:decision-tables|first-match|tri)|daemon/default-timing|observe/(?:peek|small-file)',
  use: 'load-beside|define/(?:connect-method|attempts)|client/(?:connect|find-recorded|use-or-replace|connect-request|fetch|fetch-errors|fetch-init|fetch-reply|send-request)|protocol/.*|classify/(?:daemon-state|names-living)|observe/(?:read-records|http|probe-health|handshake|verify-record|read-state)|observe/platform/(?:select|linux|linux-lock-holder|try-for-holder|host-id|parse-proc|read-quietly|share-listeners|native-locks)',
  scan: 'classify/.*|observe/[^/]*',
  act: 'act/.*|client/out-of-reach-errors',
  cold: 'client/.*',
  command:
    'cli/(?:index|run|format-lines|io|printable|exit-codes|command-errors|read-options|failure|print-json|process-io|commands/status)|define/scan-method|doctor/status-head',
  explain: 'doctor/explain/.*|cli/commands/explain',
  doctor: 'doctor/.*|cli/(?:commands/doctor|format-table|describe-candidate|render-(?:doctor|decisions))',
}).map(([name, names]) => ({ name, parts: modules(names) }))

/** @typedef {{ readonly name: string, readonly parts: readonly RegExp[] }} Group */

/**
 * Returns the groups in the form of the bundler; the first one that matches counts. Throws if a name in them matches no
 * module.
 *
 * @param {readonly Group[]} groups
 * @param {string} packages the directory of the packages
 */
export function codeSplitting(groups, packages) {
  assertNamesExist(groups, builtModules(packages))
  return {
    groups: groups.map(({ name, parts }, index) => ({
      name,
      test: (/** @type {string} */ id) => parts.some((part) => part.test(id)),
      priority: groups.length - index,
    })),
  }
}

/**
 * Returns the built form of every module of the source. (`dist` may still contain modules that were renamed.)
 *
 * @param {string} packages
 */
function builtModules(packages) {
  return ['familiar', 'spec-kitty'].flatMap((name) =>
    readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => `/${name}/dist/${file.replaceAll('\\', '/').replace(/\.tsx?$/, '.js')}`),
  )
}

/**
 * Throws if a name in the groups matches no module, because a renamed module would leave its group unnoticed.
 *
 * @param {readonly Group[]} groups
 * @param {readonly string[]} modules
 */
export function assertNamesExist(groups, modules) {
  for (const { name, parts } of groups) {
    for (const alternative of parts.flatMap((part) => alternativesOf(part.source))) {
      const pattern = new RegExp(alternative)
      if (!modules.some((module) => pattern.test(module)))
        throw new Error(`the group ${name} names a module that does not exist: ${alternative}`)
    }
  }
}

/**
 * Returns expressions without `(?:a|b)` that together match the same texts as this one. Everything else in it is kept.
 *
 * @param {string} source
 * @returns {readonly string[]}
 */
export function alternativesOf(source) {
  const found = /\(\?:/.exec(source)
  if (found === null) return [source]
  const begin = found.index + found[0].length
  const end = endOfGroup(source, begin)
  const [before, after] = [source.slice(0, found.index), source.slice(end + 1)]
  return splitTop(source.slice(begin, end)).flatMap((one) => alternativesOf(`${before}${one}${after}`))
}

/**
 * @param {string} source
 * @param {number} begin
 */
function endOfGroup(source, begin) {
  let depth = 1
  for (let at = begin; at < source.length; at++) {
    if (source[at] === '(') depth++
    else if (source[at] === ')' && --depth === 0) return at
  }
  throw new Error(`a group without an end: ${source}`)
}

/** @param {string} inner */
function splitTop(inner) {
  const parts = ['']
  let depth = 0
  for (const one of inner) {
    if (one === '(') depth++
    if (one === ')') depth--
    if (one === '|' && depth === 0) parts.push('')
    else parts[parts.length - 1] += one
  }
  return parts
}
