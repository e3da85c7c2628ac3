import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { openQueue } from '../../src/sync/queue/open-queue.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { CLI, smallEnvironment } from '../helpers/cli.js'

afterAll(removeHomes)

const PEAK = fileURLToPath(new URL('../fixtures/processes/peak-memory.cjs', import.meta.url))

/** A batch of 1000 events, and what the garbage collector leaves until it has to work. */
const MOST_KIB = 90_000

const PAD = 'x'.repeat(150)

function linesOf(from: number, to: number): string {
  const ids = Array.from({ length: to - from }, (_, at) => `e-${from + at}`)
  return ids.map((id) => `${JSON.stringify({ event_id: id, event_type: 'T', pad: PAD })}\n`).join('')
}

it('publishing 100 000 events takes little memory', { timeout: 300_000 }, async () => {
  const home = makeHome()
  const [root, few, many] = [join(home, 'root'), join(home, 'few'), join(home, 'many')]
  mkdirSync(join(home, 'app', '.kittify'), { recursive: true })
  const peak = (input: string): number => {
    const args = ['--require', PEAK, CLI, 'sync', 'publish', '-', '--project', join(home, 'app')]
    const stdin = openSync(input, 'r')
    const env = smallEnvironment({ SPEC_KITTY_HOME: root })
    const { stderr, stdout } = spawnSync(process.execPath, args, {
      env,
      stdio: [stdin, 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    closeSync(stdin)
    expect(stdout).toMatch(/^queued \d+ events?/)
    return Number(/^peak (\d+)$/m.exec(stderr)?.[1])
  }
  writeFileSync(few, linesOf(0, 1))
  const floor = peak(few)
  for (let at = 0; at < 100; at += 1)
    writeFileSync(many, linesOf(at * 1_000, at * 1_000 + 1_000), { flag: 'a' })
  expect(floor).toBeGreaterThan(10_000)
  // The queue and the text have more than 30 MB: were they kept, it would show.
  expect(peak(many) - floor).toBeLessThan(MOST_KIB)
  using queue = await openQueue(queuePath(root))
  expect(queue.counts().queued).toBe(100_000)
})
