import { mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { selectPlatform } from '../../../src/observe/platform/select.js'
import { startChild } from '../../helpers/children.js'
import { eventually } from '../../helpers/eventually.js'
import { makeHome } from '../../helpers/homes.js'
import { leaveNothing } from '../../helpers/leaks.js'
import { placeOf } from '../../helpers/processes.js'

leaveNothing()

const real = await selectPlatform()

/** A process whose working directory is a new directory of that name. */
async function standIn(name: string) {
  const directory = join(makeHome(), name)
  mkdirSync(directory)
  const pid = startChild('sleep', ['600'], { cwd: directory }).pid ?? 0
  await eventually(() => expect(placeOf(pid).cwd).toBe(directory))
  return { directory, pid }
}

async function isGone(pid: number): Promise<boolean | null | undefined> {
  return (await real.inspect([pid], AbortSignal.timeout(20_000))).get(pid)?.workingDirectoryGone
}

describe('workingDirectoryGone', () => {
  it.for(['project', 'x (deleted)', ' (deleted)', 'ö\n'])(
    'is false in a directory named %j',
    async (name) => {
      expect(await isGone((await standIn(name)).pid)).toBe(false)
    },
  )

  it.for(['project', 'x (deleted)'])('is true once the directory %j was removed', async (name) => {
    const { directory, pid } = await standIn(name)
    writeFileSync(join(directory, 'file'), '')
    rmSync(directory, { recursive: true })
    expect(await isGone(pid)).toBe(true)
  })

  it('is true also when another directory has its place and its name', async () => {
    const { directory, pid } = await standIn('project')
    rmdirSync(directory)
    mkdirSync(directory)
    mkdirSync(`${directory} (deleted)`)
    expect(await isGone(pid)).toBe(true)
  })

  it.for(['moved', 'moved (deleted)'])('is false when the directory was renamed to %j', async (name) => {
    const { directory, pid } = await standIn('project')
    renameSync(directory, join(directory, '..', name))
    expect(await isGone(pid)).toBe(false)
  })

  it('is true when the directory above went with it', async () => {
    const { directory, pid } = await standIn('project')
    rmSync(join(directory, '..'), { recursive: true })
    expect(await isGone(pid)).toBe(true)
  })
})
