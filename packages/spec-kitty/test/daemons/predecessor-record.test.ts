import { describe, expect, it } from 'vitest'
import { parseRecord } from '../../src/daemons/predecessor-record.js'

const TOKEN = 'c3d84a2bf5403c615171afe0818c0004'
const FOUR_LINES = `http://localhost:9400\n9400\n${TOKEN}\n25\n`

describe("a predecessor's record", () => {
  it('has url, port, token and pid, a line each', () => {
    expect(parseRecord(FOUR_LINES)).toEqual({ pid: 25, port: 9400, token: TOKEN })
  })

  it('has no pid when it is old', () => {
    const old = parseRecord(`http://127.0.0.1:9237\n9237\n${TOKEN}\n`)
    expect(old).toMatchObject({ pid: null, port: 9237, token: TOKEN })
  })

  it.each([
    ['without a newline at the end', FOUR_LINES.trimEnd()],
    ['with the line ends of Windows', FOUR_LINES.replaceAll('\n', '\r\n')],
    ['with a slash after the url', FOUR_LINES.replace('9400\n', '9400/\n')],
  ])('is read %s', (_, text) => {
    expect(parseRecord(text)).toMatchObject({ pid: 25, port: 9400, token: TOKEN })
  })

  it.each(['0', '-1', '+25', '1e99', '25.0', '0x19', '025', ' 25', '', 'abc', '99999999999'])(
    'is malformed with the pid %j',
    (pid) => {
      expect(parseRecord(`http://localhost:9400\n9400\n${TOKEN}\n${pid}\n`)).toBeNull()
    },
  )

  it.each(['0', '65536', '-1', '9400.0', '1e3', '', ' 9400', '09400', 'http'])(
    'is malformed with the port %j',
    (port) => {
      expect(parseRecord(`http://localhost:9400\n${port}\n${TOKEN}\n25\n`)).toBeNull()
    },
  )

  it.each(['', 'localhost:9400', 'ftp://localhost:9400', 'http://localhost', 'http://local host:9400', '25'])(
    'is malformed with the url %j',
    (url) => {
      expect(parseRecord(`${url}\n9400\n${TOKEN}\n25\n`)).toBeNull()
    },
  )

  it.each(['', ' ', 'two words'])('is malformed with the token %j', (token) => {
    expect(parseRecord(`http://localhost:9400\n9400\n${token}\n25\n`)).toBeNull()
  })

  it.each([
    ['an extra line', `${FOUR_LINES}extra\n`],
    ['an empty line at the end', `${FOUR_LINES}\n`],
    ['an empty line at the beginning', `\n${FOUR_LINES}`],
    ['two lines', 'http://localhost:9400\n9400\n'],
    ['one line', 'http://localhost:9400\n'],
  ])('is malformed with %s', (_, text) => {
    expect(parseRecord(text)).toBeNull()
  })
})
