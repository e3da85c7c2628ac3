import { describe, expect, it } from 'vitest'
import type { CommandLine } from '../../../familiar/src/identity/machine.js'
import { matchShapes } from '../../../familiar/src/identity/spawn-shape.js'
import { dashboardFamily, syncFamily } from '../helpers/families.js'
import {
  DASHBOARD,
  dashboardArgs,
  OWN_DASHBOARD_ARGS,
  OWN_DASHBOARD_REPLY,
  OWN_SYNC_ARGS,
  OWN_SYNC_REPLY,
  SYNC,
  syncArgs,
  UNNAMED_SYNC,
} from './predecessors.js'

const TOKEN = '2db385d7f70d16bb8ae30a051bcdc7fa'

const SYNC_ARGS: readonly (readonly string[])[] = [
  ...SYNC.map(({ args }) => args),
  syncArgs(9400, TOKEN, null),
  syncArgs(9400, TOKEN, '/home/dev/dashboard'),
  syncArgs(9237, TOKEN),
  OWN_SYNC_ARGS,
  OWN_SYNC_ARGS.slice(0, 3),
  [...OWN_SYNC_ARGS.slice(0, 3), '--spec-kitty-dashboard-project=/x'],
  ['node', '/x/spec-kitty-daemon.js', 'sync', '--spec-kitty-daemon-root=/dashboard', 'dashboard'],
]

const DASHBOARD_ARGS: readonly (readonly string[])[] = [
  DASHBOARD.args,
  dashboardArgs("'/home/dev/sync'", 9400, TOKEN),
  dashboardArgs(`"/home/dev/run_sync_daemon(9400, 'x')"`, 9237, TOKEN),
  OWN_DASHBOARD_ARGS,
  OWN_DASHBOARD_ARGS.slice(0, 3),
  [...OWN_DASHBOARD_ARGS.slice(0, 3), '--spec-kitty-daemon-root=/x'],
]

const SYNC_REPLIES: readonly object[] = [...SYNC.map(({ reply }) => reply), OWN_SYNC_REPLY]

const DASHBOARD_REPLIES: readonly object[] = [DASHBOARD.reply, OWN_DASHBOARD_REPLY]

/** Both ways in which a system gives a command line. */
function forms(args: readonly string[]): readonly CommandLine[] {
  return [{ args }, { text: args.join(' ') }]
}

describe.each([
  ['sync', syncFamily, SYNC_ARGS, SYNC_REPLIES, dashboardFamily],
  ['dashboard', dashboardFamily, DASHBOARD_ARGS, DASHBOARD_REPLIES, syncFamily],
] as const)('what is %s', (_, family, commands, replies, other) => {
  it('is recognised by its own family', () => {
    for (const command of commands) expect(matchShapes(family.shapes, { args: command })).not.toBeNull()
    for (const reply of replies) expect(family.readSelfReport(reply)).not.toBeNull()
  })

  it('is never recognised by the other: no command line', () => {
    const taken = commands.flatMap(forms).filter((form) => matchShapes(other.shapes, form) !== null)
    expect(taken).toEqual([])
  })

  it('is never recognised by the other: no reply, not even one that was torn', () => {
    const torn = replies.flatMap((reply) =>
      Object.keys(reply)
        .filter((key) => key !== 'daemon_family')
        .map((key) => Object.fromEntries(Object.entries(reply).filter(([name]) => name !== key))),
    )
    expect([...replies, ...torn].filter((reply) => other.readSelfReport(reply) !== null)).toEqual([])
  })

  it('knows the other as a relative, by its shapes and by its replies', () => {
    expect(family.relatives.map(({ name }) => name)).toEqual([other.name])
    const [relative] = family.relatives
    expect(relative?.shapes).toBe(other.shapes)
    expect(relative?.readSelfReport).toBe(other.readSelfReport)
  })
})

describe('a family that is not named right is none of ours', () => {
  const all = [...SYNC_REPLIES, ...DASHBOARD_REPLIES]

  it.each([null, '', 'other', 0, false, [], {}])('daemon_family: %j', (named) => {
    for (const reply of all) {
      const renamed = { ...reply, daemon_family: named }
      expect(syncFamily.readSelfReport(renamed)).toBeNull()
      expect(dashboardFamily.readSelfReport(renamed)).toBeNull()
    }
  })

  it('a reply without daemon_family is a predecessor of one of the two at most', () => {
    for (const reply of [...UNNAMED_SYNC.map((daemon) => daemon.reply), DASHBOARD.reply]) {
      const readers = [syncFamily, dashboardFamily].filter((family) => family.readSelfReport(reply) !== null)
      expect(readers).toHaveLength(1)
    }
    const both = { ...UNNAMED_SYNC[0]?.reply, ...DASHBOARD.reply }
    expect(syncFamily.readSelfReport(both)).toBeNull()
  })
})

describe('the two families', () => {
  it('share no port', () => {
    expect(dashboardFamily.ports).toEqual({ from: 9237, to: 9337 })
    expect(syncFamily.ports).toEqual({ from: 9400, to: 9450 })
  })

  it('name each other', () => {
    expect(syncFamily.reasonNames.other_family).toBe(`${dashboardFamily.name}_family`)
    expect(dashboardFamily.reasonNames.other_family).toBe(`${syncFamily.name}_family`)
  })
})
