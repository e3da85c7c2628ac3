/** The way of a real process to the controller: it says what it is about to do, waits for the word, and says what came of it. */
import * as fs from 'node:fs'
import type { EffectName, Plain } from './effects.js'

const place = process.env['PROVE_GATE'] ?? ''
const isDaemon = process.env['PROVE_ROLE'] === 'daemon'
const up = fs.openSync(`${place}.up`, 'r+')
const down = fs.openSync(`${place}.down`, 'r+')

/** Milliseconds: passes only by the controller's word. */
let clock = 1_000_000
export const passTime = (ms: number): void => void (clock += ms)
export const hrtime = (): readonly [number, number] => [Math.floor(clock / 1000), (clock % 1000) * 1e6]
export const uptime = (): number => clock / 1000

/** True while a real module works whose parts are gated too. */
let isWithin = false
export const isInside = (): boolean => isWithin

/** Says something to the controller. */
export const say = (message: object): void => void fs.writeSync(up, `${JSON.stringify(message)}\n`)

/** The controller's word: `late` for a wait that is too long, else what the exploration expects. */
type Word = { readonly late: boolean; readonly event?: string }

/** Waits for the controller's word, and lets nothing else of this process happen meanwhile. */
export function askSync(name: EffectName, args: readonly Plain[]): Word {
  say({ effect: name, args })
  const bytes = Buffer.alloc(256)
  const length = fs.readSync(down, bytes)
  return JSON.parse(bytes.toString('utf8', 0, length)) as Word
}

/** Where the shipped code waits on its event loop: a daemon answers requests meanwhile. */
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
