import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeHome } from './homes.js'

/** What `npm install` makes of an example and the packed library, without a registry. */

const ROOT = resolve(fileURLToPath(new URL('../../../..', import.meta.url)))
const LIBRARY = 'familiar'

/** What a package.json says of other packages. */
interface Manifest {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

let tarball: string | null = null

/** Where `npm test` keeps the tarball for all files of a run: packing takes two seconds of processor time. */
const SHARED = process.env['FAMILIAR_PACKED']

/** Packs the library, once for each run or else once for each test file, and returns the path of the tarball. */
export function packLibrary(): string {
  // Files of one worker share this module, and each removes its directories at its end.
  if (tarball !== null && existsSync(tarball)) return tarball
  tarball = SHARED === undefined ? packInto(makeHome()) : packOnce(join(SHARED, `${LIBRARY}.tgz`))
  return tarball
}

/** Two rows may do so at the same moment: the file is there as a whole or not at all, and both are the same. */
function packOnce(path: string): string {
  if (!existsSync(path)) renameSync(packInto(mkdtempSync(join(dirname(path), 'packing-'))), path)
  return path
}

function packInto(directory: string): string {
  const pack = ['pack', '--silent', '--pack-destination', directory]
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' }
  execFileSync('npm', pack, { cwd: join(ROOT, 'packages', LIBRARY), env })
  return join(directory, readdirSync(directory).find((name) => name.endsWith('.tgz')) ?? '')
}

/**
 * Installs an example into an empty directory: its files, the library from the tarball with copies of all that it depends
 * on, and links to what else the example names in its package.json (the MCP SDK and its dependencies are thousands of
 * files). `version`: that of the example, if it is to be another one.
 */
export function installExample(name: string, directory: string, version?: string): void {
  cpSync(join(ROOT, 'examples', name), directory, { recursive: true })
  const manifest = manifestIn(directory)
  if (version !== undefined)
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ ...manifest, version }))
  const library = join(directory, 'node_modules', LIBRARY)
  mkdirSync(library, { recursive: true })
  execFileSync('tar', ['-xzf', packLibrary(), '-C', library, '--strip-components=1'])
  copyPackages(namesIn(manifestIn(library)), directory)
  for (const one of namesIn(manifest).filter((other) => other !== LIBRARY)) linkPackage(one, directory)
}

function linkPackage(name: string, directory: string): void {
  const link = join(directory, 'node_modules', name)
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules', name), link)
}

/** Copies packages and all that they depend on to the same place below `node_modules`. */
function copyPackages(names: readonly string[], directory: string): void {
  const wanted = names.map((name) => ({ name, from: ROOT }))
  const copied = new Set<string>()
  for (const { name, from } of wanted) {
    const source = findPackage(name, from)
    if (source === null || copied.has(source)) continue
    copied.add(source)
    const isOwn = (path: string): boolean => !relative(source, path).includes('node_modules')
    cpSync(source, join(directory, relative(ROOT, source)), { recursive: true, filter: isOwn })
    wanted.push(...namesIn(manifestIn(source)).map((one) => ({ name: one, from: source })))
  }
}

/** Returns the package that a module in `from` would get, null for one that is not installed (a peer may be missing). */
function findPackage(name: string, from: string): string | null {
  const here = join(from, 'node_modules', name)
  if (existsSync(here)) return here
  return from === ROOT ? null : findPackage(name, dirname(from))
}

function namesIn({ dependencies, peerDependencies }: Manifest): readonly string[] {
  return Object.keys({ ...dependencies, ...peerDependencies })
}

function manifestIn(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest
}
