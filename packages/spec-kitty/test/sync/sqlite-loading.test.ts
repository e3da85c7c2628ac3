import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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

let base: string

afterEach(() => rmSync(base, { recursive: true }))

describe('SQLite that cannot be loaded at one moment', () => {
  it.skipIf(isNewEnough(process.versions['sqlite']))('is loaded at the next one', async () => {
    base = mkdtempSync(join(tmpdir(), 'familiar-sqlite-'))
    const fake = join(base, 'node_modules/@photostructure/sqlite')
    mkdirSync(fake, { recursive: true })
    for (const [name, text] of Object.entries(FORMS)) writeFileSync(join(fake, name), text)
    symlinkSync(join(PACKAGE, '../familiar'), join(base, 'node_modules/familiar'))
    writeFileSync(join(base, 'package.json'), '{"type":"module"}')
    cpSync(join(PACKAGE, 'dist/sync/queue/sqlite.js'), join(base, 'sqlite.js'))
    const { loadSqlite } = (await import(
      pathToFileURL(join(base, 'sqlite.js')).href
    )) as typeof import('../../src/sync/queue/sqlite.js')
    await expect(loadSqlite()).rejects.toMatchObject({ code: 'E_SQLITE_UNAVAILABLE' })
    expect((await loadSqlite()).version).toBe('3.53.0')
  })
})
