import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { isNewEnough } from '../../src/sync/queue/sqlite.js'

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))

/** A package with both forms, as the real one, that cannot be read at first. */
const FORMS = {
  'package.json': JSON.stringify({
    name: '@photostructure/sqlite',
    exports: { require: './index.cjs', import: './index.mjs' },
  }),
  'index.cjs': `
    globalThis.loads = (globalThis.loads ?? 0) + 1
    if (globalThis.loads === 1) throw Object.assign(new Error('ENOMEM: not enough memory, read'), { code: 'ENOMEM' })
    exports.DatabaseSync = class {
      prepare() { return { get: () => ({ version: '3.53.0' }) } }
      close() {}
    }`,
  'index.mjs': `import cjs from './index.cjs'\nexport const { DatabaseSync } = cjs\n`,
}

let base = ''

afterEach(() => base !== '' && rmSync(base, { recursive: true, force: true }))

/** Loads our module where this is the package. */
async function loaderBeside(forms: Readonly<Record<string, string>>) {
  base = mkdtempSync(join(tmpdir(), 'familiar-sqlite-'))
  const fake = join(base, 'node_modules/@photostructure/sqlite')
  mkdirSync(join(fake, 'dist'), { recursive: true })
  for (const [name, text] of Object.entries(forms)) writeFileSync(join(fake, name), text)
  symlinkSync(join(PACKAGE, '../familiar'), join(base, 'node_modules/familiar'))
  writeFileSync(join(base, 'package.json'), '{"type":"module"}')
  cpSync(join(PACKAGE, 'dist/sync/queue/sqlite.js'), join(base, 'sqlite.js'))
  const file = pathToFileURL(join(base, 'sqlite.js')).href
  return ((await import(file)) as typeof import('../../src/sync/queue/sqlite.js')).loadSqlite
}

describe.skipIf(isNewEnough(process.versions['sqlite']))('SQLite that cannot be loaded at one moment', () => {
  it('is loaded at the next one', async () => {
    const loadSqlite = await loaderBeside(FORMS)
    await expect(loadSqlite()).rejects.toMatchObject({ code: 'E_SQLITE_UNAVAILABLE' })
    expect((await loadSqlite()).version).toBe('3.53.0')
  })

  it('is loaded although Node could not read its package.json, which Node remembers as missing', async () => {
    const { 'index.cjs': text } = FORMS
    const loadSqlite = await loaderBeside({ 'dist/index.cjs': text.replace('=== 1', '=== 0') })
    expect((await loadSqlite()).version).toBe('3.53.0')
  })

  it('has its main file where we load it then', () => {
    const require = createRequire(import.meta.url)
    expect(require.resolve('@photostructure/sqlite')).toMatch(
      /@photostructure[\\/]sqlite[\\/]dist[\\/]index\.cjs$/,
    )
  })
})
