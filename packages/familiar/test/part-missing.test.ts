import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { isPartMissing } from '../src/part-missing.js'

const base = mkdtempSync(join(tmpdir(), 'parts-'))
afterAll(() => rmSync(base, { recursive: true }))

const PART = '[(() => {\nexports.isWhole = true;\n})()];\n'

/** Loads a part of a package of ES modules whose directory of CommonJS parts has this package.json; returns the error. */
function errorOf(name: string, type: string | null, part: string | null): unknown {
  const command = join(base, name, 'command')
  mkdirSync(command, { recursive: true })
  writeFileSync(join(base, name, 'package.json'), '{"type":"module"}')
  if (type !== null) writeFileSync(join(command, 'package.json'), type)
  if (part !== null) writeFileSync(join(command, 'part.js'), part)
  try {
    createRequire(join(command, 'main.js'))('./part.js')
  } catch (error) {
    return error
  }
  return null
}

describe('a part of the program that is replaced at this moment', () => {
  it.each<readonly [string, string | null, string | null]>([
    ['is missing', '{"type":"commonjs"}', null],
    ['is cut off', '{"type":"commonjs"}', PART.slice(0, 20)],
    ['has no package.json beside it', null, PART],
    ['has an empty one', '', PART],
    ['has half of one', '{"type":"comm', PART],
  ])('%s', (name, type, part) => {
    const error = errorOf(name, type, part)
    expect(error).toBeInstanceOf(Error)
    expect(isPartMissing(error)).toBe(true)
    expect(isPartMissing(new Error('failed', { cause: error }))).toBe(true)
  })

  it('is loaded if all is there', () => {
    expect(errorOf('whole', '{"type":"commonjs"}', PART)).toBeNull()
  })

  it('is not what any other error says', () => {
    expect(isPartMissing(new ReferenceError('x is not defined'))).toBe(false)
    expect(isPartMissing(new TypeError('x is not a function'))).toBe(false)
  })
})
