import { describe, expect, it } from 'vitest'

import { createDarwin } from '../../../src/observe/platform/darwin.js'
import { runTool } from '../../../src/observe/platform/run-tool.js'
import { captured, replay, soon, unavailable } from './captured.js'

const BOOT = 'B6B1F0A4-5C1E-4E0B-9D53-7A2C4F6E8D10'
const RANGE = { from: 9400, to: 9450 }

const machine = {
  lsof: captured('darwin/lsof-listeners.txt'),
  ps: captured('darwin/ps-daemons.txt'),
  sysctl: `${BOOT}\n`,
}

describe('the macOS backend: host', () => {
  it('reports its own process and the boot session', async () => {
    const { run, calls } = replay(machine)
    expect(await createDarwin(run).host()).toMatchObject({
      pid: process.pid,
      bootId: BOOT,
      namespaces: 'none',
    })
    expect(calls[0]).toMatchObject({ file: '/usr/sbin/sysctl', args: ['-n', 'kern.bootsessionuuid'] })
  })

  it('fails where the boot session is unknown', async () => {
    const { run } = replay({ sysctl: "sysctl: unknown oid 'kern.bootsessionuuid'\n" })
    await expect(createDarwin(run).host()).rejects.toMatchObject({ code: 'E_LOOK_FAILED' })
  })
})

describe('the macOS backend: listeners', () => {
  it('lists every socket once, with the process that holds it', async () => {
    const listeners = await createDarwin(replay(machine).run).listeners(RANGE, soon())
    expect(listeners.map(({ port, address, user, pid }) => [port, address, user, pid])).toEqual([
      [9400, '127.0.0.1', '501', 812],
      [9401, '127.0.0.1', '501', 2077],
      [9401, '::1', '501', 2077],
      [9402, '0.0.0.0', '501', 2101],
      [9403, '::', '501', 2101],
      [9404, 'fe80:4::1c2b:3d4e:5f60:7182', '501', 2210],
      [9405, '127.0.0.1', '501', 2305],
    ])
  })

  it('asks lsof for exactly the range, in a fixed language', async () => {
    const { run, calls } = replay(machine)
    await createDarwin(run).listeners(RANGE, soon())
    expect(calls[0]?.file).toBe('/usr/sbin/lsof')
    expect(calls[0]?.args).toContain('-iTCP:9400-9449')
    expect(calls[0]?.options).toMatchObject({ env: { TZ: 'UTC', LC_ALL: 'C' }, quietExit: 1 })
  })

  it('leaves out ports that were not asked for', async () => {
    const listeners = await createDarwin(replay(machine).run).listeners({ from: 9403, to: 9405 }, soon())
    expect(listeners.map((listener) => listener.port)).toEqual([9403, 9404])
  })

  it('takes the common ancestor as the holder of a shared socket, and no process if there is none', async () => {
    const platform = createDarwin(replay({ lsof: captured('darwin/lsof-shared.txt') }).run)
    const listeners = await platform.listeners(RANGE, soon())
    expect(listeners.map(({ port, pid }) => [port, pid])).toEqual([
      [9410, 3000],
      [9411, null],
    ])
  })

  it('has no user where processes of several users share a socket', async () => {
    const shared = captured('darwin/lsof-shared.txt').replace('R3000\nu501', 'R3000\nu0')
    const listeners = await createDarwin(replay({ lsof: shared }).run).listeners(RANGE, soon())
    expect(listeners[0]?.user).toBeNull()
  })

  it('has none where lsof finds nothing, and asks nothing for an empty range', async () => {
    const { run, calls } = replay({ lsof: '' })
    expect(await createDarwin(run).listeners(RANGE, soon())).toEqual([])
    expect(await createDarwin(run).listeners({ from: 9400, to: 9400 }, soon())).toEqual([])
    expect(calls).toHaveLength(1)
  })

  it('fails, and does not say "nothing listens", without a usable answer', async () => {
    const missing = createDarwin(replay({ lsof: unavailable('lsof') }).run)
    await expect(missing.listeners(RANGE, soon())).rejects.toMatchObject({ code: 'E_LOOK_FAILED' })
    const garbage = createDarwin(replay({ lsof: captured('darwin/lsof-usage.txt') }).run)
    await expect(garbage.listeners(RANGE, soon())).rejects.toMatchObject({ code: 'E_LOOK_FAILED' })
  })

  it('takes the holders from the list, without asking again', async () => {
    const { run, calls } = replay({ lsof: captured('darwin/lsof-shared.txt') })
    const platform = createDarwin(run)
    const listeners = await platform.listeners(RANGE, soon())
    const holders = await platform.holders(listeners, new Set([3101]), soon())
    expect([...holders]).toEqual([['0x8a3f61c2d94b9c15', 3000]])
    expect(calls).toHaveLength(1)
  })
})

describe('the macOS backend: inspect', () => {
  it('reports what ps reports, with a start time that names the boot session', async () => {
    const views = await createDarwin(replay(machine).run, '501').inspect([2077, 812], soon())
    expect([...views.keys()]).toEqual([812, 2077])
    expect(views.get(2077)).toEqual({
      pid: 2077,
      parent: 1,
      startTime: `${BOOT}/2026-12-31T23:59:59Z`,
      user: '501',
      command: {
        text: '/Users/dev/Library/Application Support/fnm/node-versions/v20.20.2/installation/bin/node /Users/dev/tools/spec kitty/bin/spec-kitty-daemon.js sync --spec-kitty-daemon-root=/Users/dev/.spec-kitty',
      },
      executable: '/Users/dev/Library/Application Support/fnm/node-versions/v20.20.2/installation/bin/node',
      executableGone: true,
      workingDirectoryGone: null,
      workingDirectory: null,
      namespaces: 'none',
      networkNamespace: 'none',
      ageSeconds: 3723,
      startedAt: '2026-12-31T23:59:59.000Z',
      memoryBytes: 1310720 * 1024,
      cpuSeconds: 723.07,
    })
  })

  it('asks once for all pids, each once, and only for numbers that can be one', async () => {
    const { run, calls } = replay(machine)
    await createDarwin(run).inspect([812, 2077, 812, 0, -1, 1.5, Number.NaN], soon())
    const asked = calls.filter((call) => call.file === '/bin/ps')
    expect(asked.map((call) => call.args.slice(-2))).toEqual([['-p', '812,2077']])
    expect(asked[0]?.options).toMatchObject({ env: { TZ: 'UTC', LC_ALL: 'C' }, quietExit: 1 })
  })

  it('asks nothing for no pids', async () => {
    const { run, calls } = replay(machine)
    expect((await createDarwin(run).inspect([0], soon())).size).toBe(0)
    expect(calls).toEqual([])
  })

  it('does not have the dead, the zombies and the uninvited in its answer', async () => {
    const platform = createDarwin(replay({ ...machine, ps: captured('darwin/ps-odd.txt') }).run)
    const views = await platform.inspect([88, 2400, 2700, 31_337], soon())
    expect([...views.keys()]).toEqual([88, 2700])
  })

  it('has null for what may not be read', async () => {
    const platform = createDarwin(replay({ ...machine, ps: captured('darwin/ps-odd.txt') }).run)
    expect((await platform.inspect([88], soon())).get(88)).toMatchObject({
      command: null,
      executable: null,
      executableGone: null,
      memoryBytes: null,
    })
  })

  it('sees that an executable is there', async () => {
    const here = process.execPath
    const ps = `  812     1   501   501 S    Sat Nov 21 09:35:43 2026      00:41   0:00.41  38144 ${here}   812 ${here} x.js\n`
    const { run } = replay({ ...machine, ps })
    const views = await createDarwin(run, '501').inspect([812], soon())
    expect(views.get(812)).toMatchObject({ executable: here, executableGone: false })
    // A process claims its path itself: that of another user is not looked up.
    const others = await createDarwin(run, '0').inspect([812], soon())
    expect(others.get(812)).toMatchObject({ executable: here, executableGone: null })
  })

  it('has no start times without the boot session, but still has the rest', async () => {
    const platform = createDarwin(replay({ ...machine, sysctl: unavailable('sysctl') }).run)
    expect((await platform.inspect([812], soon())).get(812)).toMatchObject({ startTime: null, parent: 1 })
  })

  it('has none where ps finds no process', async () => {
    expect((await createDarwin(replay({ ...machine, ps: '' }).run).inspect([812], soon())).size).toBe(0)
  })

  it('fails, and does not say "dead", where a line cannot be read and a process is missing', async () => {
    const cut = createDarwin(replay({ ...machine, ps: machine.ps.slice(0, -400) }).run)
    await expect(cut.inspect([812, 2101, 2210], soon())).rejects.toMatchObject({ code: 'E_LOOK_FAILED' })
    expect((await cut.inspect([812], soon())).size).toBe(1)
  })

  it('fails where ps is missing', async () => {
    const platform = createDarwin(replay({ ...machine, ps: unavailable('ps') }).run)
    await expect(platform.inspect([812], soon())).rejects.toMatchObject({ code: 'E_LOOK_FAILED' })
  })
})

describe('the macOS backend with the real runner', () => {
  it('passes the deadline to the tools', async () => {
    const platform = createDarwin(runTool)
    await expect(platform.listeners(RANGE, AbortSignal.abort())).rejects.toMatchObject({ retry: true })
    await expect(platform.inspect([812], AbortSignal.abort())).rejects.toMatchObject({ retry: true })
  })
})
