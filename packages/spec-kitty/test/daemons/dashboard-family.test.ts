import { describe, expect, it, vi } from 'vitest'
import { matchShapes, type ShapeMatch } from '../../../familiar/src/identity/spawn-shape.js'
import { dashboardFamily } from '../helpers/families.js'
import { unquotePython } from '../../src/daemons/python-repr.js'
import {
  DASHBOARD,
  dashboardArgs,
  OWN_DASHBOARD_ARGS,
  OWN_DASHBOARD_REPLY,
  PROJECT,
  PYTHON,
} from './predecessors.js'

const { shapes, readSelfReport } = dashboardFamily
const { port, token } = DASHBOARD

/** Paths, and the literals that Python's `repr` writes for them. */
const QUOTED: readonly (readonly [string, string])[] = [
  ["'/home/dev/projects/proj000'", '/home/dev/projects/proj000'],
  [`"/home/dev/it's here"`, "/home/dev/it's here"],
  [`'/home/dev/the "best" one'`, '/home/dev/the "best" one'],
  [`'/home/dev/it\\'s "here"'`, `/home/dev/it's "here"`],
  ["'/home/dev/a\\\\b'", '/home/dev/a\\b'],
  ["'/home/dev/a\\\\'", '/home/dev/a\\'],
  ["'C:\\\\Users\\\\dev\\\\new'", 'C:\\Users\\dev\\new'],
  ["'/home/dev/a\\\\\\\\n'", '/home/dev/a\\\\n'],
  ["'/home/dev/Café à la carte'", '/home/dev/Café à la carte'],
  ["'/home/dev/日本 🐈'", '/home/dev/日本 🐈'],
  ["'/home/dev/a), 9999, (b'", '/home/dev/a), 9999, (b'],
  [`"/home/dev/x'), 9999, 'y"`, "/home/dev/x'), 9999, 'y"],
  // What Python does not print as it is.
  ["'/home/dev/a\\tb\\nc\\rd'", '/home/dev/a\tb\nc\rd'],
  ["'/home/dev/\\x01\\x1b\\x7f\\x80\\x9f'", '/home/dev/\x01\x1b\x7f\x80\x9f'],
  ["'/home/dev/no\\xa0break, soft\\xadhyphen'", '/home/dev/no\xa0break, soft\xadhyphen'],
  [
    "'/home/dev/zero\\u200bwidth\\u2028line\\u3000wide\\ufeff'",
    '/home/dev/zero\u200bwidth\u2028line\u3000wide\ufeff',
  ],
  ["'/home/dev/\\U000e0001\\U0010ffff'", '/home/dev/\u{e0001}\u{10ffff}'],
  // Bytes that are no UTF-8: e9, and one after the other, as Latin-1 and Shift JIS leave them.
  ["'/home/dev/caf\\udce9'", '/home/dev/caf\udce9'],
  ["'/home/dev/\\udc93\\udcfa\\udc96{'", '/home/dev/\udc93\udcfa\udc96{'],
  // Printable or not: that depends on the version of Python.
  ["'/home/dev/\\u088f\\U0001fae9'", '/home/dev/\u088f\u{1fae9}'],
  ["'/home/dev/\u088f\u{1fae9}'", '/home/dev/\u088f\u{1fae9}'],
  ["'/home/dev/a\\\\t\\t'", '/home/dev/a\\t\t'],
  [`"/home/dev/it's\\there\\xa0"`, "/home/dev/it's\there\xa0"],
  [`'/home/dev/it\\'s "here"\\u200b'`, `/home/dev/it's "here"\u200b`],
  ["'/home/dev/-- --spec-kitty-dashboard-project=x'", '/home/dev/-- --spec-kitty-dashboard-project=x'],
]

/** Literals that `repr` does not write, or for what no path can be. */
const NOT_READ = [
  "'/home/dev/a\\x00b'",
  "'/home/dev/\\x41'",
  "'/home/dev/\\xe9'",
  "'/home/dev/\\x0a'",
  "'/home/dev/\\x1B'",
  "'/home/dev/\\x1'",
  "'/home/dev/\\u00a0'",
  "'/home/dev/\\u200B'",
  "'/home/dev/\\u20'",
  "'/home/dev/\\U0000200b'",
  "'/home/dev/\\U00110000'",
  "'/home/dev/\\ud83d\\udc08'",
  "'/home/dev/\\udc7f'",
  "'/home/dev/\\udd00'",
  "'/home/dev/\\a\\0\\N{CAT}'",
  "'/home/dev/\\q'",
  `'/home/dev/\\"'`,
  `'/home/dev/it\\'s here'`,
  `"/home/dev/plain"`,
  `"/home/dev/it's \\"here\\""`,
  "'/home/dev/a\tb'",
  "'/home/dev/a\u00a0b'",
  "'/home/dev/a\u200bb'",
  "'/home/dev/a\udce9'",
]

function inText(args: readonly string[]): ShapeMatch | null {
  return matchShapes(shapes, { text: args.join(' ') })
}

describe('the command line of a dashboard', () => {
  it('of 3.2.6', () => {
    const expected = { implementation: 'predecessor', marker: PROJECT, port, token }
    expect(matchShapes(shapes, { args: DASHBOARD.args })).toEqual(expected)
    expect(inText(DASHBOARD.args)).toEqual(expected)
  })

  it.each(QUOTED)('of 3.2.6 in %s', (literal, project) => {
    const args = dashboardArgs(literal, port, token)
    const expected = { implementation: 'predecessor', marker: project, port, token }
    expect(matchShapes(shapes, { args })).toEqual(expected)
    expect(inText(args)).toEqual(expected)
  })

  it.each(NOT_READ)('of 3.2.6 in %s: recognised, and names no path', (literal) => {
    const found = matchShapes(shapes, { args: dashboardArgs(literal, port, token) })
    expect(found).toMatchObject({ implementation: 'predecessor', port, token })
    expect(found?.marker?.startsWith('/') ?? false).toBe(false)
  })

  it.each([PROJECT, "/home/dev/it's here", '/home/dev/a b', 'C:\\Users\\dev\\my project'])(
    'of ours in %s',
    (project) => {
      const args = [...OWN_DASHBOARD_ARGS.slice(0, 3), `--spec-kitty-dashboard-project=${project}`]
      const expected = { implementation: 'own', marker: project, port: null, token: null }
      expect(matchShapes(shapes, { args })).toEqual(expected)
      expect(inText(args)).toEqual(expected)
    },
  )

  it("does not take a root's marker for a project's", () => {
    const args = [...OWN_DASHBOARD_ARGS.slice(0, 3), '--spec-kitty-daemon-root=/x']
    expect(matchShapes(shapes, { args })?.marker).toBeNull()
  })

  it("does not take a later argument for a predecessor's project", () => {
    const args = [...DASHBOARD.args, '--spec-kitty-dashboard-project=/elsewhere']
    expect(matchShapes(shapes, { args })?.marker).toBe(PROJECT)
  })

  it.each<readonly [string, string]>([
    ['a project that is no literal', `run_dashboard_server(Path(project), ${port}, '${token}')`],
    ['a literal that does not end', `run_dashboard_server(Path('/home/dev), ${port}, "x")`],
    ['a prefixed literal', `run_dashboard_server(Path(r'/home/dev'), ${port}, '${token}')`],
    ['two literals', `run_dashboard_server(Path('/home' '/dev'), ${port}, '${token}')`],
    ['no token', `run_dashboard_server(Path('/home/dev'), ${port})`],
    ['something printed', `print("run_dashboard_server(Path('/home/dev'), ${port}, '${token}')")`],
    ['something later', `run_dashboard_server(Path('/home/dev'), ${port}, '${token}')\nprint(1)\n`],
  ])('is not a script with %s', (_, script) => {
    expect(matchShapes(shapes, { args: [PYTHON, '-c', script] })).toBeNull()
    expect(inText([PYTHON, '-c', script])).toBeNull()
  })
})

describe('unquotePython', () => {
  it.each(QUOTED)('reads %s', (literal, text) => {
    expect(unquotePython(literal)).toBe(text)
  })

  it.each([...NOT_READ, '', "'", "'/home", '/home', `'/home"`, "'/home'x", "'/home\\'"])(
    'does not guess at %s',
    (literal) => {
      expect(unquotePython(literal)).toBeNull()
    },
  )
})

describe('the health reply of a dashboard', () => {
  it('of 3.2.6 names its project, and neither pid nor port', () => {
    expect(readSelfReport(DASHBOARD.reply)).toMatchObject({
      protocolVersion: null,
      packageVersion: null,
      scope: PROJECT,
      statesScope: true,
      verifiedBy: 'command_line',
      pid: null,
      port: null,
      token,
    })
  })

  it('of 3.2.6 does not believe a pid in it', () => {
    const reply = { ...DASHBOARD.reply, owner: { pid: 4711, port: 9237 } }
    expect(readSelfReport(reply)).toMatchObject({ verifiedBy: 'command_line', pid: null, port: null })
  })

  it('of ours', () => {
    expect(readSelfReport(OWN_DASHBOARD_REPLY)).toMatchObject({
      protocolVersion: 2,
      packageVersion: '4.0.0',
      scope: PROJECT,
      statesScope: true,
      verifiedBy: 'own_pid',
      pid: 4711,
      port: 9237,
      token: null,
    })
  })

  it('of ours still is one without the project it owes, or its owner block: then it is tied to nothing', () => {
    expect(readSelfReport({ ...OWN_DASHBOARD_REPLY, singleton_scope_id: null })).toMatchObject({
      scope: null,
      statesScope: true,
    })
    for (const owner of [undefined, null, [], { pid: '4711', port: 0 }]) {
      expect(readSelfReport({ ...OWN_DASHBOARD_REPLY, owner })).toMatchObject({ pid: null, port: null })
    }
  })

  it.each<readonly [string, readonly unknown[]]>([
    ['status', ['starting', null, undefined, 1]],
    ['project_path', [null, undefined, '', 7, ['/x']]],
    ['token', [null, undefined, '', 7]],
    ['daemon_family', [null, '', 'sync', 'Dashboard', 7, ['dashboard']]],
  ])('of 3.2.6 is none with a wrong %s', (key, values) => {
    for (const value of values) expect(readSelfReport({ ...DASHBOARD.reply, [key]: value })).toBeNull()
  })

  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'ok'],
    ['a list', [DASHBOARD.reply]],
    ['another program', { status: 'ok' }],
  ])('is not %s', (_, body) => {
    expect(readSelfReport(body)).toBeNull()
  })
})

describe('the files of a project', () => {
  it('stand in a place of their own that git never sees, and the predecessor keeps its own', () => {
    const files = dashboardFamily.files('/p')
    expect(files.record).toBe('/p/.kittify/daemon/record.json')
    expect(files.predecessorRecords).toEqual(['/p/.kittify/.dashboard'])
    expect(files.sharedOwner).toBeNull()
    expect(files.lifecycleLock).toBe('/p/.kittify/daemon/lifecycle.lock')
    expect(files.daemonLock).toBe('/p/.kittify/daemon/daemon.lock')
  })

  it('leave the token to the runtime root of the user', () => {
    vi.stubEnv('SPEC_KITTY_HOME', '/nonexistent/root')
    expect(dashboardFamily.tokenDirectory).toBe('/nonexistent/root/daemons/dashboards')
    vi.unstubAllEnvs()
  })
})
