// @ts-check
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The same small tool, written once for each library: `cli.js TEXT` has a daemon turn the text into capital letters, and
 * prints the result.
 *
 * @typedef {'familiar' | 'core_d' | 'sock-daemon'} Library
 */

/** @type {readonly Library[]} */
export const LIBRARIES = ['familiar', 'core_d', 'sock-daemon']

const TOOLS = fileURLToPath(new URL('tools/', import.meta.url))
const FAMILIAR = fileURLToPath(new URL('../packages/familiar/', import.meta.url))

/** Files of the familiar tool that are not part of the compared task: only the bench uses them. */
const NOT_THE_JOB = new Set(['package.json', 'list.js'])

/** The number of lines that the tool would need without a daemon: import the work, call it and print the result. */
const LINES_WITHOUT_DAEMON = 2

/** The two versions of the tool give different answers, so the reply shows which version did the work. */
const MARKS = { '1.0.0': '', '1.1.0': '!' }

/** @typedef {keyof typeof MARKS} Version */

/** Installs every library into a directory of its own below `home`, familiar from its packed tarball. @param {string} home */
export function installLibraries(home) {
  const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', home], {
    cwd: FAMILIAR,
    encoding: 'utf8',
  }).trim()
  for (const library of LIBRARIES) {
    const project = installed(home, library)
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
    const wanted = library === 'familiar' ? join(home, tarball) : `${library}@${rivalVersion(library)}`
    const install = ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', wanted]
    execFileSync('npm', install, { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] })
  }
}

/** Returns the version from the npm registry with which familiar is compared: the one that the tool depends on. @param {Library} library */
function rivalVersion(library) {
  const manifest = JSON.parse(readFileSync(join(TOOLS, library, 'package.json'), 'utf8'))
  return /** @type {string} */ (manifest.dependencies[library])
}

/** @param {string} home @param {Library} library */
function installed(home, library) {
  return join(home, `installed-${library}`)
}

/** Returns the version of a library that was installed. @param {string} home @param {Library} library */
export function versionOf(home, library) {
  const file = join(installed(home, library), 'node_modules', library, 'package.json')
  return /** @type {string} */ (JSON.parse(readFileSync(file, 'utf8')).version)
}

/**
 * Puts a version of the tool and its dependencies into `directory`, as an installation does: the old content is replaced,
 * and every file is new.
 *
 * @param {string} home @param {Library} library @param {Version} version @param {string} directory
 */
export function installTool(home, library, version, directory) {
  rmSync(directory, { recursive: true, force: true })
  cpSync(join(TOOLS, library), directory, { recursive: true })
  cpSync(join(installed(home, library), 'node_modules'), join(directory, 'node_modules'), { recursive: true })
  const manifest = join(directory, 'package.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"1.0.0"', JSON.stringify(version)))
  const work = `exports.shout = (text) => text.toUpperCase() + ${JSON.stringify(MARKS[version])}\n`
  writeFileSync(join(directory, 'work.cjs'), work)
}

/** Returns the version that gave the answer; null if the answer is wrong. @param {string} text @param {string} answer */
export function answeredBy(text, answer) {
  const right = Object.entries(MARKS).find(([, mark]) => answer === text.toUpperCase() + mark)
  return right?.[0] ?? null
}

/** Returns the lines of code that the tool needs because of the daemon. @param {Library} library */
export function linesAboutDaemon(library) {
  const files = readdirSync(join(TOOLS, library)).filter((name) => !NOT_THE_JOB.has(name))
  const lines = files.flatMap((name) => readFileSync(join(TOOLS, library, name), 'utf8').split('\n'))
  return (
    lines.filter((line) => line.trim() !== '' && !/^\s*(?:\/\/|\/?\*)/.test(line)).length -
    LINES_WITHOUT_DAEMON
  )
}

/** Returns how many packages an installation of the library has, and their size. @param {string} home @param {Library} library */
export function sizeOf(home, library) {
  const modules = join(installed(home, library), 'node_modules')
  const lock = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'))
  const files = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const bytes = files.map(({ parentPath, name }) => statSync(join(parentPath, name)).size)
  return { packages: Object.keys(lock.packages).length, bytes: bytes.reduce((sum, size) => sum + size, 0) }
}
