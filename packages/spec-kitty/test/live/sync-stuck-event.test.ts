import { afterEach, beforeEach, expect, it } from 'vitest'
import { reply, type Answer } from '../helpers/sync-server.js'
import { findingOf, until } from './sync-root.js'
import { makeSyncWork, type SyncWork } from './sync-work.js'

/** A server that fails with one event: everything before it arrives, and the tool says which one it is. */
let work: SyncWork

beforeEach(async () => void (work = await makeSyncWork()))

afterEach(() => work.end())

const IDS = Array.from({ length: 20 }, (_, at) => `e-${at + 1}`)

it('one event with which the server fails is found, named, kept, and sent once the server is mended', async () => {
  const accept = work.server.otherwise
  const poisoned: Answer = (request, response) =>
    (request.ids.includes('e-5') ? reply(500, { message: 'boom' }) : accept)(request, response)
  work.server.otherwise = poisoned
  await work.publish(IDS)
  const said = 'the server answers 500 ("boom") to event e-5 even when it is sent by itself'
  const named = `${said}; the events of this project behind it wait; it answered for others at `
  let told = ''
  const look = async (wanted: string): Promise<boolean> => {
    // Each `sync now` tries at once, so that the test does not wait for the pauses.
    const { stderr } = await work.run(['sync', 'now'])
    told = stderr
    return stderr.includes(wanted)
  }
  const suspect = `${said}; the cause is the server, or this event`
  for (let round = 0; round < 6 && !(await look(suspect)); round += 1);
  expect(told).toContain(suspect)
  expect(told).toContain('tell those who run the server the id of the event')
  expect(work.server.accepted).toEqual(IDS.slice(0, 4))
  expect((await work.run(['sync', 'status'])).stdout).toContain(suspect)
  // Another project is not held up, and then it is known that the server does not fail with everything.
  await work.publish(['o-1'], { project: work.makeProject('other') })
  for (let round = 0; round < 6 && !(await look(named)); round += 1);
  expect(told).toContain(named)
  expect(told).toContain('tell those who run the server the id of the event')
  expect(work.server.accepted).toEqual([...IDS.slice(0, 4), 'o-1'])
  let shown = ''
  expect(
    await until(async () => {
      shown = (await work.run(['sync', 'status'])).stdout
      return shown.includes(`what waits stays: ${named}`)
    }),
  ).toBe(true)
  expect(shown).toContain('16 events wait')
  const doctor = JSON.parse((await work.run(['auth', 'doctor', '--json'])).stdout)
  expect(findingOf(doctor, 'F-018')?.summary).toContain(named)
  work.server.otherwise = accept
  expect(await work.run(['sync', 'now'])).toMatchObject({ status: 0 })
  expect(work.server.accepted.filter((id) => id !== 'o-1')).toEqual(IDS)
})

it('that event can be removed, also while it is sent, and those behind it leave; no other one can', async () => {
  const accept = work.server.otherwise
  let isSlow = false
  let isAsked = false
  work.server.otherwise = (request, response) => {
    if (!request.ids.includes('e-5')) return accept(request, response)
    isAsked = true
    const fail = (): void => reply(500, { message: 'boom' })(request, response)
    if (isSlow) setTimeout(fail, 4_000)
    else fail()
  }
  await work.publish(IDS)
  const dropped = 'spec-kitty sync queue drop e-5'
  const status = async (): Promise<string> => (await work.run(['sync', 'status'])).stdout
  // It is named once the server has answered for others since it first failed alone.
  const other = work.makeProject('other')
  for (let round = 0; round < 9 && !(await status()).includes(dropped); round += 1) {
    await work.publish([`o-${round}`], { project: other })
    await work.run(['sync', 'now'])
  }
  expect(await status()).toMatch(/^ +spec-kitty sync queue drop e-5 {2}# removes that event for ever/m)
  const doctor = JSON.parse((await work.run(['auth', 'doctor', '--json'])).stdout)
  expect(JSON.stringify(findingOf(doctor, 'F-018')?.remediation.commands)).not.toContain('drop')
  expect((await work.run(['auth', 'doctor'])).stdout).toContain(dropped)
  const behind = await work.run(['sync', 'queue', 'drop', 'e-6', '--yes'])
  expect([behind.status, behind.stderr]).toEqual([
    1,
    'neither rejected, nor the oldest of its project and sent in vain: e-6\n',
  ])
  // Without a terminal it asks for --yes, as for any other event.
  expect((await work.run(['sync', 'queue', 'drop', 'e-5'])).status).toBe(2)
  ;[isSlow, isAsked] = [true, false]
  const sending = work.run(['sync', 'now'])
  expect(await until(() => isAsked)).toBe(true)
  const ran = await work.run(['sync', 'queue', 'drop', 'e-5', '--yes'])
  expect([ran.status, ran.stdout]).toEqual([0, '1 of 1 event removed\n'])
  await sending
  // The daemon was told: nobody has to ask it to send.
  expect(await until(() => work.server.accepted.includes('e-20'))).toBe(true)
  const accepted = work.server.accepted.filter((id) => id.startsWith('e-'))
  expect(accepted).toEqual(IDS.filter((id) => id !== 'e-5'))
  expect(JSON.parse((await work.run(['sync', 'status', '--json'])).stdout)).toMatchObject({
    queued: 0,
    stuck_event: null,
  })
})
