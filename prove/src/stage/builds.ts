import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

/** The package that was built in this repository. */
export const BUILT = join(REPOSITORY, 'packages', 'spec-kitty')

const PUBLISHED = ['bin', 'command', join('dist', 'dashboard', 'page'), 'package.json']
const VERSION = /^const VERSION = "[^"]*"/m

/** Copies the built package to `directory` as another version, beside a `node_modules` that it can use. */
export function copyBuild(directory: string, version: string, from = BUILT): void {
  mkdirSync(directory, { recursive: true })
  for (const name of PUBLISHED) {
    cpSync(join(from, name), join(directory, name), { recursive: true, preserveTimestamps: true })
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'))
  change(join(directory, 'package.json'), /"version": "[^"]*"/, `"version": "${version}"`)
  writeFileSync(join(directory, 'command', 'texts', 'version'), `${version}\n`)
  changeBundle(directory, VERSION, `const VERSION = "${version}"`)
}

/** Changes one place in each file of the package's bundles that contains the text. Throws if no file contains it. */
export function changeBundle(directory: string, what: RegExp | string, to: string): void {
  const command = join(directory, 'command')
  const has = (text: string): boolean => (typeof what === 'string' ? text.includes(what) : what.test(text))
  const files = readdirSync(command)
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(command, name))
  // The command and the daemons have separate bundles, so a module may be in both.
  const found = files.filter((file) => has(readFileSync(file, 'utf8')))
  if (found.length === 0) throw new Error(`no file in ${command} has ${String(what)}`)
  for (const file of found) change(file, what, to)
}

/** Changes the only place in a file that matches; throws if none does. `to` may refer to groups of the pattern. */
function change(path: string, what: RegExp | string, to: string): void {
  const text = readFileSync(path, 'utf8')
  const changed = typeof what === 'string' ? text.replace(what, () => to) : text.replace(what, to)
  if (changed === text && !text.includes(to))
    throw new Error(`there is nothing like ${String(what)} in ${path}`)
  writeFileSync(path, changed)
}
