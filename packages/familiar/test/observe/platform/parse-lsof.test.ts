import { describe, expect, it } from 'vitest'

import { parseLsof, plainAddress } from '../../../src/observe/platform/parse-lsof.js'
import { captured } from './captured.js'

const listeners = captured('darwin/lsof-listeners.txt')

describe('parseLsof', () => {
  it('reads IPv4, IPv6, both wildcards, a scoped and an IPv4-mapped address', () => {
    const bound = parseLsof(listeners).map((row) => `${row.pid} ${row.address} ${row.port}`)
    expect(bound).toEqual([
      '812 127.0.0.1 9400',
      '2077 127.0.0.1 9401',
      '2077 ::1 9401',
      '2077 ::1 9401',
      '2101 0.0.0.0 9402',
      '2101 :: 9403',
      '2210 fe80:4::1c2b:3d4e:5f60:7182 9404',
      '2305 127.0.0.1 9405',
    ])
  })

  it('keeps parent and uid of the process, and the device as the name of the socket', () => {
    expect(parseLsof(listeners)[4]).toEqual({
      pid: 2101,
      parent: 2100,
      user: '501',
      socket: '0x8a3f61c2d94b3805',
      address: '0.0.0.0',
      port: 9402,
    })
  })

  it('gives a row for each process that shares a socket', () => {
    const rows = parseLsof(captured('darwin/lsof-shared.txt'))
    expect(rows.map((row) => row.pid)).toEqual([3000, 3001, 3002, 3100, 3101])
    expect(new Set(rows.map((row) => row.socket)).size).toBe(2)
  })

  it('leaves out connections, unbound sockets and files without a name', () => {
    const ports = parseLsof(captured('darwin/lsof-odd.txt')).map((row) => row.port)
    expect(ports).toEqual([9420, 9421, 9422])
  })

  it('names a socket by process and descriptor where the device is missing', () => {
    expect(parseLsof(captured('darwin/lsof-odd.txt'))[0]?.socket).toBe('4000:6')
  })

  it('has null for a parent and a uid that were not printed', () => {
    expect(parseLsof(captured('darwin/lsof-odd.txt'))[2]).toMatchObject({ parent: null, user: null })
  })

  it('takes a wildcard without a type for IPv4: it is listed, whichever it is', () => {
    expect(parseLsof(captured('darwin/lsof-odd.txt'))[2]?.address).toBe('0.0.0.0')
  })

  it('reads NUL-terminated fields and CRLF the same', () => {
    const terminated = listeners
      .replace(/\n(?=[pf])/g, '\0\n')
      .replace(/(?<!\0)\n(?!$)/g, '\0')
      .replace(/\n$/, '\0\n')
    expect(terminated).toContain('u501\0\nf9\0tIPv4\0')
    expect(parseLsof(terminated)).toEqual(parseLsof(listeners))
    expect(parseLsof(listeners.replaceAll('\n', '\r\n'))).toEqual(parseLsof(listeners))
  })

  it('has no rows for an empty answer', () => {
    expect(parseLsof('')).toEqual([])
    expect(parseLsof('\n')).toEqual([])
  })

  it('refuses text that is not field output', () => {
    expect(() => parseLsof(captured('darwin/lsof-usage.txt'))).toThrow('not the form')
    expect(() => parseLsof('lsof: Statusfehler: Datei oder Verzeichnis nicht gefunden\n')).toThrow(
      'not the form',
    )
  })

  it('refuses an answer that was cut in the middle of a line, wherever that was', () => {
    const cuts = Array.from(listeners, (_, length) => listeners.slice(0, length))
    for (const cut of cuts.filter((text) => text !== '' && !text.endsWith('\n'))) {
      expect(() => parseLsof(cut)).toThrow('lsof: its answer')
    }
  })
})

describe('plainAddress', () => {
  it.each([
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['::FFFF:127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::ffff:1', '::ffff:1'],
    ['192.168.1.2', '192.168.1.2'],
  ])('%s is %s', (address, plain) => {
    expect(plainAddress(address)).toBe(plain)
  })
})
