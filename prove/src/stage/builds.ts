import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

/** The package as it is built in this repository. */
export const BUILT = join(REPOSITORY, 'packages', 'spec-kitty')

const PUBLISHED = ['bin', 'command', join('dist', 'dashboard', 'page'), 'package.json']
const VERSION = /^const VERSION = "[^"]*"/m

/** Copies the built package as another version to `directory`, beside a `node_modules` that it can use. */
export function copyBuild(directory: string, version: string, from = BUILT): void {
  mkdirSync(directory, { recursive: true })
  for (const name of PUBLISHED) {
    cpSync(join(from, name), join(directory, name), { recursive: true, preserveTimestamps: true })
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'))
  change(join(directory, 'package.json'), /"version": "[^"]*"/, `"version": "${version}"`)
  change(fileWith(join(directory, 'command'), VERSION), VERSION, `const VERSION = "${version}"`)
}

/** Returns the one file of a bundle that has such a place. */
export function fileWith(directory: string, what: RegExp | string): string {
  const has = (text: string): boolean => (typeof what === 'string' ? text.includes(what) : what.test(text))
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(directory, name))
  const found = files.filter((file) => has(readFileSync(file, 'utf8')))
  if (found.length !== 1) throw new Error(`${found.length} files in ${directory} have ${String(what)}`)
  return found[0] ?? ''
}

/** Changes the one place of a file that matches; throws where there is none. */
export function change(path: string, what: RegExp | string, to: string): void {
  const text = readFileSync(path, 'utf8')
  const changed = text.replace(what, to)
  if (changed === text && !text.includes(to))
    throw new Error(`there is nothing like ${String(what)} in ${path}`)
  writeFileSync(path, changed)
}
