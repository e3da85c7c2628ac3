import { describe, expect, it } from 'vitest'
import { defineDaemon, type ConnectOptions } from '../../src/index.js'

const ports = { from: 24_600, to: 24_620 }
const tool = defineDaemon({ name: 'tool', ports, scope: () => '/tmp' })

describe('connect with options that cannot be right is refused at once', () => {
  it.each<readonly [object, string]>([
    [{ port: 22_405 }, "connect: port must be one of the definition's ports"],
    [{ port: 24_620 }, '24600 to 24619, not 24620'],
    [{ port: 24_605.5 }, 'not 24605.5'],
    [{ port: '24605' }, "not '24605'"],
    [{ port: Number.NaN }, 'not NaN'],
  ])('%j', async (options, message) => {
    for (const call of ['connect', 'tryConnect'] as const) {
      await expect(tool[call](options as ConnectOptions)).rejects.toMatchObject({
        code: 'E_DEFINITION_INVALID',
        message: expect.stringContaining(message),
      })
    }
  })
})

type Call = 'connect' | 'tryConnect' | 'status' | 'stop' | 'restart' | 'stopOutdated' | 'scan' | 'cleanUp'

const call = (name: Call, options: unknown): Promise<unknown> =>
  (tool[name] as (options: unknown) => Promise<unknown>)(options)

describe('a call with options that cannot be right is refused, and does nothing', () => {
  it.each<readonly [Call, unknown, string]>([
    ['connect', 'x', "connect: the options must be an object, not 'x'"],
    ['connect', null, 'connect: the options must be an object, not null'],
    ['connect', { start: 'yes' }, "connect: start must be true or false, not 'yes'"],
    ['connect', { prot: 5 }, 'connect: there is no option prot: did you mean port?'],
    ['connect', { timout: 5 }, 'connect: there is no option timout'],
    ['connect', { signal: 5 }, 'connect: signal must be an AbortSignal, not 5'],
    ['connect', { onWait: 'log' }, "connect: onWait must be a function, not 'log'"],
    ['tryConnect', { start: 1 }, 'connect: start must be true or false, not 1'],
    ['status', { sen: {} }, 'status: there is no option sen: did you mean seen?'],
    ['stop', { force: true }, 'stop: there is no option force'],
    ['restart', { signal: {} }, 'restart: signal must be an AbortSignal, not {}'],
    ['stopOutdated', { lockWaitMs: '5' }, "lockWaitMs must be a number of milliseconds, 0 or more, not '5'"],
    ['scan', [], 'scan: the options must be an object, not []'],
    ['cleanUp', { dryrun: true }, 'cleanUp: there is no option dryrun: did you mean dryRun?'],
    ['cleanUp', { confirmed: [1] }, 'cleanUp: confirmed must be a Set, not [ 1 ]'],
  ])('%s(%j)', async (name, options, message) => {
    await expect(call(name, options)).rejects.toMatchObject({
      code: 'E_DEFINITION_INVALID',
      message: expect.stringContaining(message),
    })
  })

  it.each<readonly [unknown, unknown, string]>([
    [undefined, {}, 'cli: the arguments must be a list of texts, not undefined'],
    ['status', {}, "cli: the arguments must be a list of texts, not 'status'"],
    [[5], {}, 'cli: the arguments must be a list of texts, not [ 5 ]'],
    [[], { commands: { render: 5 } }, 'cli: commands must be an object of texts, not { render: 5 }'],
  ])('cli(%j, %j)', async (argv, options, message) => {
    await expect((tool.cli as (...all: unknown[]) => unknown)(argv, options)).rejects.toThrow(message)
  })

  it('takes undefined for an option that is left out', async () => {
    const options = { start: false, signal: undefined, onWait: undefined } as unknown as ConnectOptions
    expect(await tool.tryConnect(options)).toMatchObject({ outcome: 'skipped' })
  })
})
