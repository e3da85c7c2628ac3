import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { Family } from '../../src/family.js'
import { readScope } from '../../src/observe/read-records.js'
import { testFamily } from '../helpers/family.js'
import { makeHome, removeHomes } from '../helpers/homes.js'

afterEach(removeHomes)

/** A family whose files are not in the scope, and a scope with a record and a lock file. */
function scopeWithFilesElsewhere(scopeMustExist: boolean): {
  readonly family: Family
  readonly scope: string
} {
  const [scope, elsewhere] = [join(makeHome(), 'project'), makeHome()]
  const files = { record: join(elsewhere, 'record.json'), daemonLock: join(elsewhere, 'daemon.lock') }
  const plain = testFamily({ from: 1, to: 2 })
  mkdirSync(scope)
  const named = { scope, pid: 4711, birth: 'boot/1', port: 9400, token: 'x', state: 'running' }
  writeFileSync(files.record, JSON.stringify({ schema: 1, ...named }))
  writeFileSync(files.daemonLock, JSON.stringify({ pid: 4711, birth: 'boot/1' }))
  return { family: { ...plain, scopeMustExist, files: (at) => ({ ...plain.files(at), ...files }) }, scope }
}

/** What counts of the files: whether the first record is readable, and whether a holder is told. */
function counting({ family, scope }: ReturnType<typeof scopeWithFilesElsewhere>): unknown {
  const { records, told } = readScope(family, scope)
  return [records[0]?.state, told !== null]
}

it.each([
  [true, ['absent', false]],
  [false, ['readable', true]],
])(
  'files elsewhere count for nothing once the scope is gone, if it must exist: %s',
  (mustExist, afterwards) => {
    const at = scopeWithFilesElsewhere(mustExist)
    expect(counting(at)).toEqual(['readable', true])
    rmSync(at.scope, { recursive: true })
    expect(counting(at)).toEqual(afterwards)
  },
)
