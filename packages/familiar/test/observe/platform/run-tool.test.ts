import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'

import { FamiliarError } from '../../../src/errors.js'
import { runTool, type ToolOptions } from '../../../src/observe/platform/run-tool.js'
import { answerOf, ask } from '../../helpers/ask-machine.js'
import { eventually } from '../../helpers/eventually.js'
import { makeHome, removeHomes } from '../../helpers/homes.js'
import { stateOf } from '../../helpers/machine.js'
import { needCommand } from '../../helpers/skip.js'
import { soon } from './captured.js'

/** Runs a script in a real Node process. */
function node(script: string, options: Partial<ToolOptions> = {}): Promise<string> {
  return runTool(process.execPath, ['-e', script], { deadline: soon(), ...options })
}

async function failureOf(running: Promise<string>): Promise<FamiliarError> {
  const error: unknown = await running.catch((reason: unknown) => reason)
  if (error instanceof FamiliarError) return error
  throw new Error(`not a typed failure: ${String(error)}`)
}

afterEach(removeHomes)

describe('runTool', () => {
  it('returns what the tool printed', async () => {
    expect(await node(`process.stdout.write('é 1\\n')`)).toBe('é 1\n')
  })

  it('gives the tool the environment it was handed and nothing else', async () => {
    const env = { TZ: 'UTC', LC_ALL: 'C' }
    expect(await node('console.log(Object.keys(process.env).sort().join())', { env })).toBe('LC_ALL,TZ\n')
  })

  it('closes stdin, so that a tool that reads it goes on', async () => {
    expect(await node(`process.stdin.resume().on('end', () => console.log('end'))`)).toBe('end\n')
  })

  it('takes no argument for a command of a shell', async () => {
    const said = await runTool(process.execPath, ['-p', 'process.argv[1]', '$(id); "x" %PATH%'], {
      deadline: soon(),
    })
    expect(said).toBe('$(id); "x" %PATH%\n')
  })

  it('names a tool that is missing', async () => {
    const error = await failureOf(runTool('/nowhere/lsof', [], { deadline: soon() }))
    expect(error).toMatchObject({
      code: 'E_LOOK_FAILED',
      message: 'lsof: not found on this machine',
      retry: false,
    })
    expect(error.hint).toContain('/nowhere/lsof')
  })

  it('reports the exit code and the first line of the complaint', async () => {
    const error = await failureOf(
      node(`console.error('\\n  no\\x07 such option\\nusage: x'); process.exit(3)`),
    )
    expect(error.message).toMatch(/^node[^:]*: exit code 3: no {1,2}such option$/)
  })

  it('reports the exit code alone where nothing was printed', async () => {
    expect((await failureOf(node('process.exit(4)'))).message).toMatch(/: exit code 4$/)
  })

  it('takes the quiet exit code for an answer, with and without text', async () => {
    expect(await node('process.exitCode = 1', { quietExit: 1 })).toBe('')
    expect(await node(`console.log('812'); process.exitCode = 1`, { quietExit: 1 })).toBe('812\n')
  })

  it('does not take it for one when the tool complained, or for another code', async () => {
    const complained = node(`console.log('812'); console.error('bad'); process.exitCode = 1`, {
      quietExit: 1,
    })
    expect((await failureOf(complained)).message).toMatch(/: exit code 1: bad$/)
    expect((await failureOf(node('process.exit(2)', { quietExit: 1 }))).message).toMatch(/: exit code 2$/)
  })

  it('ends a tool that hangs, in time, and says that trying again may help', async () => {
    const began = performance.now()
    const hanging = node(`console.log('part'); setInterval(() => {}, 1000)`, {
      deadline: AbortSignal.timeout(200),
    })
    const error = await failureOf(hanging)
    expect(error.message).toMatch(/: not done in time$/)
    expect(error.retry).toBe(true)
    expect(performance.now() - began).toBeLessThan(60_000)
  })

  it('starts nothing when the time is over already', async () => {
    const error = await failureOf(runTool('/nowhere/lsof', [], { deadline: AbortSignal.abort() }))
    expect(error.message).toContain('before it was asked')
    expect(error.retry).toBe(true)
  })

  it('ends no process when the time is over before a tool that is missing has failed', (context) => {
    needCommand(context, 'setsid', ['-w', 'true'])
    // In a process group of its own, because a signal to process 0 would end the tests too.
    const { status, answer } = ask(['setsid', '-w'], 'missing')
    expect({ status, answer }).toEqual({ status: 0, answer: { code: 'E_LOOK_FAILED' } })
  })

  it('does not share a Ctrl+C with its process group, as the reader of scopes does not', (context) => {
    needCommand(context, 'setsid', ['-w', 'true'])
    const root = makeHome()
    const { status, answer } = ask(['setsid', '-w'], 'group', root)
    expect({ status, answer }).toEqual({ status: 0, answer: { tool: 'seen\n', areLate: [false] } })
  })

  it('ends a tool that still runs when its own process exits', async () => {
    const pid = answerOf([], 'left', join(makeHome(), 'pid')) as number
    await eventually(() => expect(['Z', null]).toContain(stateOf(pid)))
  })

  it('gives up on a tool that floods', async () => {
    const flood = node(`const x = 'x'.repeat(1 << 20); const go = () => process.stdout.write(x, go); go()`)
    expect((await failureOf(flood)).message).toMatch(/: printed more than 16 MiB$/)
  })

  it('reports the signal that ended a tool', async () => {
    const error = await failureOf(node('process.abort()'))
    expect(error.message).toMatch(/: (?:was ended by SIG\w+|exit code \d+)/)
  })

  it('reports that a file cannot be run', async () => {
    const error = await failureOf(runTool(import.meta.dirname, [], { deadline: soon() }))
    expect(error.message).toMatch(/: could not be run \(E\w+\)$|: not found/)
  })
})
