import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { connect } from '../../dist/client/connect.js'
import { tally, timeoutFor, times } from '../helpers/counts.js'
import { crash, leaveNoDaemons, requestFor, startDaemonIn, type Daemon } from '../helpers/daemons.js'
import { figure } from '../helpers/figures.js'
import { makeHome } from '../helpers/homes.js'
import { isAlive, listenersOn, startTicksOf } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'
import { seeded, type Seeded } from '../helpers/random.js'

const ports = portsOf('life/killed')

leaveNoDaemons(ports)

const ATTEMPTS = times(3, 100)
/** So much later than a start takes here and now is the last of the random moments. */
const BEYOND = 1.25

let lastStartMs = 0

/** Waits until a random moment of a start, or until some time after it. */
const randomMoment = ({ random }: Seeded): Promise<void> => sleep(random() * BEYOND * lastStartMs)

/** The next command is served by the only daemon there is, also while the one before is still dying. */
async function servedIn(root: string): Promise<Daemon> {
  const began = performance.now()
  const daemon = await startDaemonIn(root, ports)
  if (daemon.started !== null) lastStartMs = performance.now() - began
  expect((await daemon.post('/api/slow', { ms: 1 })).status).toBe(200)
  expect([daemonsOf(root), listenersOn(ports.from, ports.to).map(({ port }) => port)]).toEqual([
    [daemon.pid],
    [daemon.port],
  ])
  return daemon
}

it(
  `after a daemon was killed, the next command is served by one, never two: ${ATTEMPTS} times`,
  async () => {
    const seed = seeded('life/killed')
    const root = join(makeHome(), 'root')
    const reasons: string[] = []
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const daemon = await servedIn(root)
      reasons.push(daemon.started ?? 'found')
      await randomMoment(seed)
      const crashed = crash(daemon)
      if (attempt % 2 === 0) await crashed
    }
    await servedIn(root)
    figure(`killed ${ATTEMPTS} daemons, started for: ${JSON.stringify(tally(reasons))}`)
    expect(tally(reasons)).toEqual({ first_start: 1, recorded_dead: ATTEMPTS - 1 })
  },
  timeoutFor(ATTEMPTS, 1_000),
)

it(
  `a daemon that is killed while it starts is an error or is replaced, and the next one works: ${ATTEMPTS} times`,
  async () => {
    const seed = seeded('life/killed')
    const root = join(makeHome(), 'root')
    const outcomes: string[] = []
    await crash(await servedIn(root))
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const starting = connect(requestFor(root, ports)).then(
        ({ outcome }) => outcome,
        (error: { readonly code: string }) => error.code,
      )
      await randomMoment(seed)
      killStarting(root)
      outcomes.push(await starting)
      const daemon = await servedIn(root)
      await crash(daemon)
    }
    figure(`killed ${ATTEMPTS} starting daemons: ${JSON.stringify(tally(outcomes))}`)
    expect(outcomes.filter((outcome) => !EXPECTED.has(outcome))).toEqual([])
  },
  timeoutFor(ATTEMPTS, 1_500),
)

const EXPECTED = new Set(['connected', 'E_DAEMON_START_FAILED'])

/** Kills the daemon of this root that this very test is starting, if it is there yet. */
function killStarting(root: string): void {
  for (const pid of daemonsOf(root)) {
    const ticks = startTicksOf(pid)
    if (ticks !== null && isAlive(pid, ticks)) process.kill(pid, 'SIGKILL')
  }
}
