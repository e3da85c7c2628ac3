import { expect, it } from 'vitest'
import { standardInput } from '../../src/cli/stdin.js'

it.for([
  ['ERR_INVALID_FD_TYPE', 'cannot read stdin: the system does not say what it is'],
  ['EIO', 'cannot read stdin: EIO'],
] as const)('a standard input that cannot be opened (%s) is told in one line', ([code, message]) => {
  const open = (): never => {
    throw Object.assign(new Error('words of Node'), { code })
  }
  expect(() => standardInput(open)).toThrow(expect.objectContaining({ code: 'E_INPUT_UNREADABLE', message }))
})
