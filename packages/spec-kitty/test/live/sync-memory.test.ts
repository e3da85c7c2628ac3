import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { makeSyncWork } from './sync-work.js'

/** What a daemon may need in addition while it sends: the code of the queue and the upload, a batch, and some garbage. */
const MOST_MIB = 40

it('a daemon that sends a full queue needs little more memory than an idle one', async () => {
  const work = await makeSyncWork()
  try {
    const { pid } = work.root.start({ env: work.env })
    const idle = memoryOf(pid, 'VmRSS')
    const quiet = { ...work.env, SPEC_KITTY_SYNC_DISABLE: '1' }
    const publish = ['sync', 'publish', '-', '--project', work.project]
    expect(work.root.run(publish, { env: quiet, input: linesOf(30_000) }).status).toBe(0)
    expect(await work.run(['sync', 'now', '--json'])).toMatchObject({ status: 0 })
    expect(new Set(work.server.accepted).size).toBe(30_000)
    expect(idle).toBeGreaterThan(20)
    expect(memoryOf(pid, 'VmHWM') - idle).toBeLessThan(MOST_MIB)
  } finally {
    await work.end()
  }
})

function linesOf(count: number): string {
  const payload = { mission: '017-login', wp_id: 'WP07', from_lane: 'planned', to_lane: 'doing' }
  const event = (at: number): object => ({ event_id: `e-${at}`, event_type: 'WPStatusChanged', payload })
  return Array.from({ length: count }, (_, at) => `${JSON.stringify(event(at))}\n`).join('')
}

/** Returns MiB. */
function memoryOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]) / 1024
}
