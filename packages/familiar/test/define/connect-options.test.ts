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
