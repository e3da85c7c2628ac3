/**
 * The connection of a real process to the controller. The process announces its next action, waits for permission, and
 * reports the result.
 */
import * as fs from 'node:fs'
import type { EffectName, Plain } from './effects.js'

const place = process.env['PROVE_GATE'] ?? ''
const isDaemon = process.env['PROVE_ROLE'] === 'daemon'
const up = fs.openSync(`${place}.up`, 'r+')
const down = fs.openSync(`${place}.down`, 'r+')

/** Milliseconds. Time passes only when the controller says so. */
let clock = 1_000_000
export const passTime = (ms: number): void => void (clock += ms)
export const hrtime = (): readonly [number, number] => [Math.floor(clock / 1000), (clock % 1000) * 1e6]
export const uptime = (): number => clock / 1000

/** True while a real module runs whose own parts have gates too. */
let isWithin = false
export const isInside = (): boolean => isWithin

/** Sends a message to the controller. */
export const say = (message: object): void => void fs.writeSync(up, `${JSON.stringify(message)}\n`)

/** The controller's answer. `late`: the wait times out. Otherwise `event` is the event that the exploration expects. */
type Word = { readonly late: boolean; readonly event?: string }

/** Waits for the controller's answer, blocking this process. */
export function askSync(name: EffectName, args: readonly Plain[]): Word {
  say({ effect: name, args })
  const bytes = Buffer.alloc(256)
  const length = fs.readSync(down, bytes)
  return JSON.parse(bytes.toString('utf8', 0, length)) as Word
}

/** For effects during which the shipped code waits on its event loop, so that a daemon can answer requests meanwhile. */
export async function ask(name: EffectName, args: readonly Plain[]): Promise<Word> {
  if (!isDaemon) return askSync(name, args)
  say({ effect: name, args })
  const bytes = Buffer.alloc(256)
  const length = await new Promise<number>((resolve, reject) => {
    fs.read(down, bytes, 0, bytes.length, null, (error, count) =>
      error === null ? resolve(count) : reject(error),
    )
  })
  return JSON.parse(bytes.toString('utf8', 0, length)) as Word
}

export const done = <T>(result: T, shown: Plain = null): T => {
  say({ result: shown })
  return result
}

export async function inside<T>(work: () => Promise<T>): Promise<T> {
  isWithin = true
  try {
    return await work()
  } finally {
    isWithin = false
  }
}

export const pidText = (pid: number | null): string => `pid:${pid ?? 0}`
export const portText = (port: number | null): string => `port:${port ?? 0}`
export const versionIn = (text: string | null): number => Number((text ?? '0').split('.')[0])
