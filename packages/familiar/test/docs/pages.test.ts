import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { firstOf } from '../helpers/counts.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { blocksOf, runBlock, type Ran, type Reader } from '../helpers/run-page.js'

leaveNothing()

const MINUTES = 5 * 60_000

let reader: Reader | null = null

/** A reader has a home of their own, and is not in CI. (npm leaves a directory in the temporary one otherwise.) */
function newReader(): Reader {
  const { CI: _, XDG_STATE_HOME: __, FAMILIAR_DISABLE: ___, ...env } = process.env
  const home = makeHome()
  return { directory: home, env: { ...env, HOME: home, NODE_DISABLE_COMPILE_CACHE: '1' } }
}

const END = '$ node cli.js stop\n$ node cli.js doctor --reset --force\n$ node cli.js doctor --json\n'

/** A page that failed half-way may have left daemons. */
afterEach(() => {
  if (reader === null) return
  const left = runBlock({ kind: 'console', text: END }, reader).at(-1)?.printed
  expect(left).toContain('"candidates": []')
})

/** Does everything that a page says, from an empty directory on. */
function follow(name: string): readonly Ran[] {
  const page = readFileSync(new URL(`../../../../docs/library/${name}`, import.meta.url), 'utf8')
  reader = newReader()
  const own = reader
  return blocksOf(page).flatMap((block) => {
    const steps = runBlock(block, own)
    for (const { command, said, printed } of steps)
      expect(`${command}\n${printed}`).toBe(`${command}\n${said}`)
    return steps
  })
}

describe('what a page of the documentation says', () => {
  it.each(firstOf(['getting-started.md', 'testing.md', 'commands.md', 'migrating.md'], 2))(
    'happens: %s',
    { timeout: MINUTES },
    (name) => {
      expect(follow(name).length).toBeGreaterThan(0)
    },
  )
})
