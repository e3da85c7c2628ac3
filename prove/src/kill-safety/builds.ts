import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

/** This build of the tool, as it stands. */
export const BUILD = join(REPOSITORY, 'packages', 'spec-kitty')

/** One place in the bundle, and what stands there instead. */
export interface Edit {
  readonly from: RegExp
  readonly to: string
}

const VERSION = /^const VERSION = "[^"]*"/m

/** Copies the build to a directory, with another version. */
export function newerBuild(home: string, version: string): string {
  return copyBuild(home, [{ from: VERSION, to: `const VERSION = "${version}"` }], version)
}

/** Copies the build to a directory with changes in its code; each place must be there exactly once. Returns the package. */
export function copyBuild(home: string, edits: readonly Edit[], version?: string): string {
  const installed = join(home, 'packages', 'spec-kitty')
  mkdirSync(installed, { recursive: true })
  for (const name of ['bin', 'command', join('dist', 'dashboard', 'page'), 'package.json']) {
    cpSync(join(BUILD, name), join(installed, name), { recursive: true, preserveTimestamps: true })
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(home, 'node_modules'))
  if (version !== undefined) {
    const path = join(installed, 'package.json')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace(/"version": "[^"]*"/, `"version": "${version}"`))
  }
  const command = join(installed, 'command')
  const files = readdirSync(command).map((name) => join(command, name))
  for (const { from, to } of edits) {
    const found = files.filter((file) => from.test(readFileSync(file, 'utf8')))
    const [only] = found
    if (only === undefined || found.length !== 1) throw new Error(`${found.length} files have ${from.source}`)
    writeFileSync(only, readFileSync(only, 'utf8').replace(from, to))
  }
  return installed
}
