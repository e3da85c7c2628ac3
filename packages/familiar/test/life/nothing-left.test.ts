import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

/** Runs a module of a program that imports the built library. Returns its exit code and what it printed. */
function run(text: string) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', text.replaceAll('DIST', new URL('../../dist', import.meta.url).href)],
    { encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

describe('a process that nothing keeps running any more', () => {
  it('waits for the exit of the daemon that it has adopted and that ended at once', () => {
    const { status, stdout, stderr } = run(`
      import { spawn } from 'node:child_process'
      import { hasEnded } from 'DIST/client/start-failure.js'
      const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore', detached: true })
      child.unref()
      console.log(await hasEnded(child), child.exitCode)`)
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'true 0\n', stderr: '' })
  })

  it('does not wait longer than half a second for one that goes on, and then does not keep it', () => {
    const { status, stdout } = run(`
      import { spawn } from 'node:child_process'
      import { hasEnded } from 'DIST/client/start-failure.js'
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 20_000)'], { stdio: 'ignore', detached: true })
      child.unref()
      console.log(await hasEnded(child))
      process.on('exit', () => child.kill('SIGKILL'))`)
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'false\n' })
  })

  it.each([
    ['', '', 'tool: internal error: the command waits for something that cannot happen any more'],
    ['--json', '"E_INTERNAL"', ''],
  ])('says so if a command still waits, and fails: %s', (flag, out, error) => {
    const { status, stdout, stderr } = run(`
      import { runOnProcess } from 'DIST/cli/process-io.js'
      const settings = { program: 'tool', help: 'tool --help', argv: ['wait', '${flag}'].filter(Boolean) }
      process.exitCode = await runOnProcess(settings, () => new Promise(() => undefined))`)
    expect(status).toBe(2)
    expect(stdout).toContain(out)
    expect(stderr).toContain(error)
  })
})
