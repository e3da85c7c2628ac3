import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { isFileGone } from '../../../src/observe/platform/file-gone.js'
import { soon } from './captured.js'

describe('isFileGone', () => {
  it('sees a file that is there', async () => {
    expect(await isFileGone(process.execPath, soon())).toBe(false)
  })

  it('sees that a file is absent, also where a part of its path is a file', async () => {
    expect(await isFileGone(join(import.meta.dirname, 'no', 'such', 'file'), soon())).toBe(true)
    expect(await isFileGone(join(process.execPath, 'node'), soon())).toBe(true)
  })

  it('does not report a file as gone if it cannot check', async () => {
    expect(await isFileGone('/tmp/with\0nul', soon())).toBeNull()
    expect(await isFileGone(`/${'x'.repeat(5000)}`, soon())).toBeNull()
  })

  it('does not know once the time is over', async () => {
    expect(await isFileGone(process.execPath, AbortSignal.abort())).toBeNull()
  })
})
