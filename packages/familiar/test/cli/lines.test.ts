import { describe, expect, it } from 'vitest'
import { formatLines } from '../../src/cli/format-lines.js'

const COMMAND = 'SPEC_KITTY_ENABLE_SAAS_SYNC=1 spec-kitty sync restart'

describe('lines with labels', () => {
  const lines = [
    ['daemon', 'process 7, port 9400, does not answer:', 'red', 'tool stop'],
    [
      'uploads',
      'nothing leaves: hosted sync is off (SPEC_KITTY_ENABLE_SAAS_SYNC), and you are not signed in',
    ],
    ['', COMMAND, 'cyan'],
  ] as const

  it('in a pipe are one line each', () => {
    expect(formatLines(lines)).toEqual([
      'daemon   process 7, port 9400, does not answer: tool stop',
      `uploads  ${lines[1][1]}`,
      `         ${COMMAND}`,
    ])
  })

  it('on a terminal go on below their begin; a command stays whole', () => {
    expect(formatLines(lines, { columns: 60, hasColor: false })).toEqual([
      'daemon   process 7, port 9400, does not answer: tool stop',
      'uploads  nothing leaves: hosted sync is off',
      '         (SPEC_KITTY_ENABLE_SAAS_SYNC), and you are not',
      '         signed in',
      `  ${COMMAND}`,
    ])
    expect(formatLines(lines, { columns: 48, hasColor: false }).slice(0, 2)).toEqual([
      'daemon   process 7, port 9400, does not answer:',
      '         tool stop',
    ])
  })

  it('have a long path below its label, where the terminal would break it behind that', () => {
    const path = '/home/anna/work/clients/.spec-kitty/daemons/sync/daemon.log'
    const logged = [
      ['uploads', 'no', 'red'],
      ['log', `${path} (none yet)`],
    ] as const
    const shown = (columns: number) => formatLines(logged, { columns, hasColor: false })
    expect(shown(80)).toEqual(['uploads  no', `log      ${path} (none yet)`])
    expect(shown(62)).toEqual(['uploads  no', 'log', `  ${path}`, '  (none yet)'])
    // Nothing helps where it does not fit at all.
    expect(shown(50).slice(0, 2)).toEqual(['uploads  no', expect.stringMatching(/^log {6}\/home/)])
  })

  it('have the comment of a command above it where there is no room beside it', () => {
    const command = 'tool login --server https://HOST'
    const commented = [lines[0], ['', `${command}  # replace HOST: your team knows it`, 'cyan']] as const
    expect(formatLines(commented, { columns: 80, hasColor: false }).at(-1)).toBe(
      `        ${command}  # replace HOST: your team knows it`,
    )
    expect(formatLines(commented, { columns: 60, hasColor: false }).slice(1)).toEqual([
      '        # replace HOST: your team knows it',
      `        ${command}`,
    ])
    expect(formatLines(commented).at(-1)).toBe(`        ${command}  # replace HOST: your team knows it`)
    // Whatever of it is pasted into a shell is a comment or the whole command.
    expect(formatLines(commented, { columns: 40, hasColor: false }).slice(-3)).toEqual([
      '        # replace HOST: your team knows',
      '        # it',
      `        ${command}`,
    ])
  })

  it('stay in their column if a command fits nowhere', () => {
    const last = formatLines(lines, { columns: 40, hasColor: false }).at(-1)
    expect(last).toBe(`         ${COMMAND}`)
  })

  it('paint the text and the command, and nothing else', () => {
    expect(formatLines([lines[0]], { columns: 80, hasColor: true })).toEqual([
      'daemon  \u001b[31mprocess 7, port 9400, does not answer:\u001b[39m \u001b[36mtool stop\u001b[39m',
    ])
  })
})
