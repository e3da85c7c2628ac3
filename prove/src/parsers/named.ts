import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { commandText } from '../../../packages/familiar/dist/identity/machine.js'
import { selectPlatform } from '../../../packages/familiar/dist/observe/platform/select.js'
import { check, expectEqual, expectTrue, type Check } from './check.js'
import { HOSTILE_NAME } from './inputs.js'

/** How much a start time may differ from the real time, because it has whole seconds and the machine may be busy. */
const MOST_SECONDS = 30

/** How long a new process may take to have a command line. */
const NAMED_MS = 5_000

/** Starts real processes whose program file and command line have hostile names, and reads them as a scan does. Linux only. */
export function nameChecks(): readonly Check[] {
  if (process.platform !== 'linux') return []
  // The kernel keeps 15 bytes of a file's name, and a part of a path cannot contain a slash.
  const fileName = HOSTILE_NAME.map((name) => name.replaceAll('/', '').slice(0, 15)).filter(
    (name) => !['', '.', '..'].includes(name) && Buffer.from(name).toString() === name,
  )
  const words = fc.array(
    HOSTILE_NAME.filter((name) => Buffer.from(name).toString() === name),
    { minLength: 1, maxLength: 3 },
  )
  return [check('real process: its names forge nothing', fc.tuple(fileName, words), tellsTheTruth)]
}

async function tellsTheTruth([name, words]: readonly [string, readonly string[]]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'prove-name-'))
  const program = join(directory, name)
  copyFileSync('/bin/sleep', program)
  const began = Date.now()
  const child = spawn(program, ['60'], { argv0: words.join(' '), stdio: 'ignore' })
  try {
    await once(child, 'spawn')
    const pid = child.pid ?? 0
    await untilNamed(pid)
    const platform = await selectPlatform()
    const seen = (await platform.inspect([pid], AbortSignal.timeout(5_000))).get(pid)
    expectEqual(
      [seen?.pid, seen?.parent, seen?.user],
      [pid, process.pid, String(process.getuid?.())],
      'pid, parent, owner',
    )
    expectEqual(
      seen?.command == null ? null : commandText(seen.command),
      [words.join(' '), '60'].join('\0'),
      'arguments',
    )
    expectEqual(seen?.executable, program, 'executable')
    const seconds = Math.abs(Date.parse(seen?.startedAt ?? '') - began) / 1000
    expectTrue(seconds < MOST_SECONDS, `it started at ${seen?.startedAt}`)
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(directory, { recursive: true })
  }
}

/** Node reports the start during `exec`. For a moment after that, the process has no command line yet. */
async function untilNamed(pid: number): Promise<void> {
  const end = performance.now() + NAMED_MS
  while (readFileSync(`/proc/${pid}/cmdline`).length === 0 && performance.now() < end) await sleep(1)
}
