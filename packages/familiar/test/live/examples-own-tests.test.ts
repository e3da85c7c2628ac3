import { describe, expect, it } from 'vitest'
import { leaveNoUsers, makeUser, runOwnTests } from '../helpers/examples.js'
import { listenersOn } from '../helpers/machine.js'

leaveNoUsers()

/** The tests that the examples show their readers, as a reader runs them: in the installed example, with a sandbox. */
describe("the example's own tests", () => {
  it.each([
    ['previewd', 3, 'previewd'],
    ['per-project', 4, 'minibuild'],
    ['mcp', 3, 'docsd'],
  ])('pass in %s and leave nothing', async (example, tests, name) => {
    const user = makeUser()
    const installed = user.install(example)
    const told = await runOwnTests(installed, user.env)
    expect(told).toMatch(new RegExp(`^# pass ${tests}$`, 'm'))
    expect(user.processes('')).toEqual([])
    const { ports } = await installed.load(name)
    expect(listenersOn(ports.from, ports.to)).toEqual([])
  })
})
