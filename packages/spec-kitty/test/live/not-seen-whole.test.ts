import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { stopAll } from '../../../../stand-ins/predecessor.mjs'
import { lives } from '../helpers/dashboards.js'
import { listenersOn } from '../helpers/machine.js'
import { makeDashboardTestEnv, type DashboardTestEnv } from './dashboards.js'
import { makeShell } from './sync-shell.js'
import { findingOf, makeRoot, skipAloud, type SyncRoot } from './sync-root.js'
import { works } from './vantage-fleet.js'

/** A command in a mount namespace of its own does not see the daemons whole. It says so, and what works. */
const prefix = ['unshare', '--mount']
const ENTER = ['nsenter', '-t', String(process.pid), '-m', '--']

let root: SyncRoot
let place: DashboardTestEnv

beforeEach(() => {
  root = makeRoot()
  place = makeDashboardTestEnv()
})

afterEach(async () => {
  await stopAll()
  await place.end()
  await root.end()
})

function need(context: TestContext): void {
  if (!works([...prefix, ...ENTER]))
    skipAloud(context, `${[...prefix, ...ENTER].join(' ')} does not work here`)
}

/** Runs a line in a mount namespace of its own. */
function pasted(line: string) {
  return makeShell(root)(`${prefix.join(' ')} ${line}`)
}

/** What a stop that is refused says, with one wording, and the command that ends the daemon. */
function refusal(title: string, pid: number, port: number): RegExp {
  return new RegExp(
    `^spec-kitty: the ${title} \\(process ${pid}, port ${port}\\) is not stopped: it is not proven to be what it seems \\(identity_unproven\\): it runs in another mount namespace than this command \\(mnt:\\[\\d+\\]: [^)]+\\); to stop it there: (nsenter -t ${pid} -m -- env .+)\\n$`,
  )
}

describe('a daemon that hangs in another mount namespace', () => {
  it('of a home is refused by stop and restart in the same words, with the command that ends it there', (context) => {
    need(context)
    const daemon = root.start()
    const [listener] = listenersOn(9400, 9450)
    process.kill(daemon.pid, 'SIGSTOP')
    const told = refusal('sync daemon', daemon.pid, listener?.port ?? 0)
    const [stop, restart] = [['stop'], ['restart']].map((one) => root.run(['sync', ...one], { prefix }))
    expect([stop?.status, stop?.stderr]).toEqual([1, expect.stringMatching(told)])
    expect([restart?.status, restart?.stderr]).toEqual([1, stop?.stderr])
    // The finding and the row look there; the status has the command that ends it.
    const { document } = root.json(['auth', 'doctor'], { prefix })
    const { remediation } = findingOf(document, 'F-005')
    expect(remediation).toMatchObject({
      commands: ['spec-kitty explain missing_identity'],
      description: expect.stringMatching(/^it runs in another mount namespace than this command /),
      look: expect.stringMatching(
        new RegExp(`^nsenter -t ${daemon.pid} -m -- (?:env SPEC_KITTY_HOME=\\S+ )?spec-kitty auth doctor$`),
      ),
    })
    expect(pasted(remediation.look).stdout).toMatch(/F-005, critical\)[^]* spec-kitty sync stop /)
    const command = told.exec(stop?.stderr ?? '')?.[1] ?? ''
    expect(root.run(['sync', 'status'], { prefix }).stdout).toContain(`does not answer: ${command}\n`)
    // A dry run promises what the real run does.
    const force = ['auth', 'doctor', '--reset', '--force']
    const [dry, real] = [[...force, '--dry-run'], force].map((args) => root.json(args, { prefix }))
    const { pid } = daemon
    const failed = [{ pid, port: listener?.port, failure_reason: 'identity_unproven' }]
    expect(dry).toMatchObject({ status: 1, document: { reset_result: { would_sweep: [], failed } } })
    expect(real).toMatchObject({ status: 1, document: { reset_result: { swept: [], failed } } })
    expect(root.run([...force, '--dry-run'], { prefix }).stdout).toMatch(
      /^would fail port [^]*\ndry run: would be swept: 0 · would be skipped: 0 \(operator_required\) · would fail: 1\n/,
    )
    expect(lives(daemon)).toBe(true)
    expect(pasted(command)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^stopped the sync daemon /),
    })
    expect(lives(daemon)).toBe(false)
  })

  it('of a project is refused by stop and restart in the same words, with the command that ends it there', async (context) => {
    need(context)
    const project = place.project('one')
    const dashboard = await place.start(project)
    process.kill(dashboard.pid, 'SIGSTOP')
    const stop = await place.run(project, ['dashboard', '--stop'], { prefix })
    const told = refusal('dashboard', dashboard.pid, dashboard.port)
    expect([stop.status, stop.stderr]).toEqual([1, expect.stringMatching(told)])
    const restart = await place.run(project, ['dashboard', 'restart'], { prefix })
    expect([restart.status, restart.stderr]).toEqual([1, stop.stderr])
    expect(lives(dashboard)).toBe(true)
    const command = told.exec(stop.stderr)?.[1] ?? ''
    expect(pasted(command)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^stopped the dashboard /),
    })
    expect(lives(dashboard)).toBe(false)
  })
})
