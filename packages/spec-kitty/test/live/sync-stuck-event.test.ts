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
  const said = 'the server answers 500 ("boom") to event e-5 alone'
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
