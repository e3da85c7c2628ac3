import { describe, expect, it } from 'vitest'

import { createWin32 } from '../../../src/observe/platform/win32.js'
import { captured, replay, soon, unavailable } from './captured.js'

const USER = 'S-1-5-21-1004336348-1177238915-682003330-1001'
const RANGE = { from: 9400, to: 9450 }

/** A backend whose PowerShell answers every question with this fixture. */
function answering(path: string): ReturnType<typeof createWin32> {
  return createWin32(replay({ 'powershell.exe': captured(path) }).run)
}

/** The script of the last question. */
async function scriptOf(
  ask: (platform: ReturnType<typeof createWin32>) => Promise<unknown>,
): Promise<string> {
  const { run, calls } = replay({ 'powershell.exe': '{"rows":[]}\r\n' })
  await ask(createWin32(run)).catch(() => null)
  return calls.at(-1)?.args.at(-1) ?? ''
}

describe('the Windows backend: host', () => {
  it('reports its own process, the SID and the boot', async () => {
    expect(await answering('win32/host.json').host()).toEqual({
      pid: process.pid,
      user: USER,
      bootId: expect.stringMatching(/^[0-9a-f]{16}\/134086999885000000$/),
      hostId: expect.stringMatching(/^[0-9a-f]{16}$/),
      pidNamespace: 'none',
      namespaces: 'none',
      networkNamespace: 'none',
    })
  })
})

describe('the Windows backend: scripts', () => {
  it('runs PowerShell by its full path, without a profile and without questions', async () => {
    const { run, calls } = replay({ 'powershell.exe': '{"rows":[]}\r\n' })
    await createWin32(run, 'D:\\Windows').listeners(RANGE, soon())
    expect(calls[0]?.file).toBe('D:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe')
    expect(calls[0]?.args.slice(0, 3)).toEqual(['-NoProfile', '-NonInteractive', '-Command'])
  })

  it('writes scripts of one line and without double quotes, which need no quoting', async () => {
    const scripts = await Promise.all([
      scriptOf((platform) => platform.host()),
      scriptOf((platform) => platform.listeners(RANGE, soon())),
      scriptOf((platform) => platform.inspect([9120, 4], soon())),
    ])
    for (const script of scripts) {
      expect(script).not.toMatch(/["\r\n]/)
      expect(script).toMatch(
        /^\$ErrorActionPreference='Stop';.*OutputEncoding=.*UTF8.*ConvertTo-Json -Compress/,
      )
      expect(script).not.toMatch(/wmic/i)
    }
  })

  it('asks for the range, and for each process once', async () => {
    expect(await scriptOf((platform) => platform.listeners(RANGE, soon()))).toContain(
      '$_.LocalPort -ge 9400 -and $_.LocalPort -lt 9450',
    )
    const asked = await scriptOf((platform) => platform.inspect([9120, 4, 9120, -3, 0.5], soon()))
    expect(asked).toContain(`-Filter 'ProcessId=9120 OR ProcessId=4'`)
  })
})

describe('the Windows backend: listeners', () => {
  it('lists IPv4 and IPv6 with the process that holds each', async () => {
    const listeners = await answering('win32/listeners.json').listeners(RANGE, soon())
    expect(listeners.map(({ port, address, user, pid }) => [port, address, user, pid])).toEqual([
      [9400, '127.0.0.1', null, 9120],
      [9400, '::1', null, 9120],
      [9401, '0.0.0.0', null, 11332],
      [9402, '::', null, 11332],
      [9403, '127.0.0.1', null, null],
      [9449, 'fe80::1c2b:3d4e:5f60:7182%12', null, 4],
    ])
    expect(new Set(listeners.map((listener) => listener.socket)).size).toBe(6)
  })

  it('distinguishes a socket from one that was made later at the same place', async () => {
    const [before] = await answering('win32/listeners-one.json').listeners(RANGE, soon())
    const later = captured('win32/listeners-one.json').replace('654321', '654322')
    const [after] = await createWin32(replay({ 'powershell.exe': later }).run).listeners(RANGE, soon())
    expect(before?.socket).not.toBe(after?.socket)
  })

  it('leaves out ports that were not asked for, and asks nothing for an empty range', async () => {
    const platform = answering('win32/listeners.json')
    expect(await platform.listeners({ from: 9401, to: 9402 }, soon())).toHaveLength(1)
    const { run, calls } = replay({})
    expect(await createWin32(run).listeners({ from: 9400, to: 9400 }, soon())).toEqual([])
    expect(calls).toEqual([])
  })

  it('takes the holders from the list; pid 0 holds nothing', async () => {
    const platform = answering('win32/listeners.json')
    const holders = await platform.holders(await platform.listeners(RANGE, soon()), new Set(), soon())
    expect([...holders.values()]).toEqual([9120, 9120, 11332, 11332, 4])
  })

  it('has none where nothing listens, and fails without a usable answer', async () => {
    expect(await answering('win32/listeners-none.json').listeners(RANGE, soon())).toEqual([])
    for (const answer of ['', '{"rows":[', unavailable('powershell.exe')]) {
      const platform = createWin32(replay({ 'powershell.exe': answer }).run)
      await expect(platform.listeners(RANGE, soon())).rejects.toMatchObject({ code: 'E_LOOK_FAILED' })
    }
  })
})

describe('the Windows backend: inspect', () => {
  it('splits the command line of a predecessor into its arguments', async () => {
    const views = await answering('win32/processes.json').inspect([9120], soon())
    expect([...views.keys()]).toEqual([9120])
    expect(views.get(9120)).toMatchObject({
      parent: 8004,
      startTime: '134087945437654320',
      user: USER,
      executableGone: true,
      namespaces: 'none',
      ageSeconds: 56,
      startedAt: '2025-11-28T09:09:03.000Z',
      command: {
        args: [
          'C:\\Users\\dev\\pipx\\venvs\\spec-kitty-cli\\Scripts\\python.exe',
          '-c',
          'import os\nos.environ["SPEC_KITTY_SYNC_MINIMAL_IMPORT"] = "1"\nfrom specify_cli.sync.daemon import run_sync_daemon\nrun_sync_daemon(9400, \'8dbd98dde9a8fe7803216c4e54dac522\')\n',
          '--spec-kitty-daemon-root=C:\\Users\\dev\\.spec-kitty',
        ],
      },
    })
  })

  it('keeps blanks, accents and a last backslash of ours', async () => {
    const views = await answering('win32/processes.json').inspect([11332], soon())
    expect(views.get(11332)?.command).toEqual({
      args: [
        'C:\\Program Files\\nodejs\\node.exe',
        'C:\\Users\\dev\\tools\\spec kitty\\bin\\spec-kitty-daemon.js',
        'dashboard',
        '--spec-kitty-dashboard-project=C:\\Users\\dev\\projects\\Café\\',
      ],
    })
  })

  it('has null for what may not be read', async () => {
    const views = await answering('win32/processes-protected.json').inspect([4, 5120], soon())
    expect(views.get(4)).toMatchObject({ user: null, command: null, executable: null, executableGone: null })
    expect(views.get(5120)).toMatchObject({ startTime: null, ageSeconds: null, memoryBytes: 8_192_000 })
    expect([views.get(4)?.cpuSeconds, views.get(5120)?.cpuSeconds]).toEqual([1023.5, null])
  })

  it('does not have the dead in its answer, and asks nothing for no pids', async () => {
    expect((await answering('win32/listeners-none.json').inspect([9120], soon())).size).toBe(0)
    const { run, calls } = replay({})
    expect((await createWin32(run).inspect([0], soon())).size).toBe(0)
    expect(calls).toEqual([])
  })

  it('fails, and does not say "dead", where a row names no process and a process is missing', async () => {
    const platform = createWin32(replay({ 'powershell.exe': '{"rows":[{"pid":9120},{"pid":null}]}' }).run)
    await expect(platform.inspect([9120, 11332], soon())).rejects.toMatchObject({ code: 'E_LOOK_FAILED' })
    expect((await platform.inspect([9120], soon())).size).toBe(1)
  })
})
