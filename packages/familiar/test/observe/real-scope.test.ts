import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { realScope } from '../../src/observe/real-scope.js'
import { startChild } from '../helpers/children.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { needCommand, needRoot } from '../helpers/skip.js'

leaveNothing()

it('a scope behind links has the path of its directory, also if it does not exist yet', () => {
  const home = makeHome()
  mkdirSync(join(home, 'real'))
  symlinkSync(join(home, 'real'), join(home, 'link'))
  for (const name of ['', 'new', 'new/below'])
    expect(realScope(join(home, 'link', name))).toBe(join(home, 'real', name))
  for (const path of [home, join(home, 'absent/below')]) {
    expect(realScope(path)).toBe(path)
    expect(realScope(`/proc/self/root${path}`)).toBe(path)
  }
})

it('a scope in the root directory of a process with other mounts is not the one that has its path here', async (context) => {
  needRoot(context)
  needCommand(context, 'unshare', ['--mount', 'true'])
  const [here, other] = [makeHome(), makeHome()]
  const child = startChild(
    'unshare',
    ['--mount', 'sh', '-c', 'mount --bind "$1" "$2" && echo ready && exec cat', 'sh', other, here],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  if (child.stdout === null) throw new Error('a process without stdout')
  for await (const line of createInterface({ input: child.stdout })) if (line === 'ready') break
  for (const path of [here, join(here, 'new')])
    expect(() => realScope(`/proc/${child.pid}/root${path}`)).toThrow(
      expect.objectContaining({ code: 'E_SCOPE_UNUSABLE' }),
    )
})
