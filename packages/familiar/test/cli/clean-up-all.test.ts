import { describe, expect, it } from 'vitest'
import { classify } from '../../src/classify/classify.js'
import { factsOf } from '../../src/classify/derive-facts.js'
import type { Observation } from '../../src/classify/observation.js'
import { cleanUpAll } from '../../src/cli/clean-up-all.js'
import { untouchedText } from '../../src/cli/reason-text.js'
import type { Io } from '../../src/cli/io.js'
import { defineDaemon } from '../../src/define/define-daemon.js'
import { makeProof } from '../../src/identity/proof.js'
import type { Candidate, Scan } from '../../src/observe/scan.js'
import { testFamily } from '../helpers/family.js'
import { context, listener, observation, PORT, processView, USER } from '../helpers/observations.js'
import { nobodyIn } from '../helpers/proven.js'

const FAMILY = testFamily({ from: PORT, to: PORT + 10 })

/** One that is stale, and on each of the next ports one that does not answer. */
function scanWith(hung: number): Scan {
  const silent = (at: number): Observation =>
    observation({
      port: PORT + at,
      pid: 700 + at,
      listeners: [listener({ port: PORT + at, socket: String(at) })],
      process: processView({ pid: 700 + at }),
      answer: 'silent',
      report: null,
    })
  const all = [observation(), ...Array.from({ length: hung }, (_, index) => silent(index + 1))]
  const around = context()
  const candidates = all.map((one): Candidate => {
    const facts = factsOf(FAMILY, one, around, all)
    const verdict = classify(FAMILY.rules, FAMILY.reasonNames, facts)
    return { observation: one, facts, verdict, proof: makeProof(nobodyIn(FAMILY)) }
  })
  const host = { ...around.machine, pid: 1, user: USER, namespaces: '', networkNamespace: '' }
  return { family: FAMILY, host, context: around, candidates }
}

/** Answers the question with no. Returns what was printed after it. */
async function refused(port: number | null): Promise<string> {
  let said = ''
  const io = {
    out: (text: string) => void (said += text),
    err: () => undefined,
    flushed: async () => undefined,
    columns: null,
    hasColor: false,
    isInteractive: true,
    isTerminal: true,
  } as unknown as Io
  const daemon = Object.assign(defineDaemon({ name: 'tool' }), { scan: async () => scanWith(2) })
  const words = { found: () => 'found', killed: () => 'killed', tidied: () => 'tidied' }
  const ask = async (): Promise<boolean> => {
    said = ''
    return false
  }
  const options = { port, force: false, dryRun: false, json: false, words, ask }
  expect(await cleanUpAll(daemon, options, io)).toBe(0)
  return said
}

it('claims nothing about what listens where its process is not seen', () => {
  const names = { not_ours: 'not_tool' } as const
  expect(untouchedText('not_tool', { pid: null }, 'home', names)).toBe(
    'a process that this user cannot look into (not_tool)',
  )
  expect(untouchedText('not_tool', { pid: 7 }, 'home', names)).toBe(
    'not recognised as a daemon of this tool (not_tool)',
  )
  expect(untouchedText('third_party', { pid: null }, 'home', names)).toBe('another program (third_party)')
})

it('a clean-up of one port that is refused tells nothing of other ports', async () => {
  const all = await refused(null)
  for (const port of [PORT + 1, PORT + 2]) expect(all).toContain(String(port))
  expect(await refused(PORT)).toBe('nothing was ended\n')
})

describe('with an obstacle', () => {
  const obstacle = { id: 'F-099', problem: '/h is on a read-only file system' }

  /** Returns what the clean-up was asked to do, and its error. */
  async function tried(options: {
    readonly dryRun?: boolean
    readonly force?: boolean
    readonly port?: number
  }) {
    const io = {
      out: () => undefined,
      err: () => undefined,
      flushed: async () => undefined,
      columns: null,
    } as unknown as Io
    const asked: unknown[] = []
    const seen = scanWith(2)
    const daemon = Object.assign(defineDaemon({ name: 'tool' }), {
      scan: async () => seen,
      cleanUp: async ({ dryRun }: { readonly dryRun?: boolean }) => {
        asked.push(dryRun)
        return { entries: [], seen, after: seen, tidied: 0 }
      },
    })
    const counted: string[] = []
    const found = (_: number, others: string): string => {
      counted.push(others)
      return 'found'
    }
    const words = { found, killed: () => 'killed', tidied: () => 'tidied' }
    const ask = async (): Promise<boolean> => {
      asked.push('question')
      return true
    }
    const { dryRun = false, force = false, port = null } = options
    const all = { port, force, dryRun, json: false, words, ask, obstacle }
    const error = await cleanUpAll(daemon, all, io).catch((thrown: unknown) => thrown)
    return { asked, error, counted }
  }

  it('asks nothing and ends nothing, even if it could', async () => {
    for (const force of [false, true])
      expect(await tried({ force })).toMatchObject({
        asked: [],
        error: {
          code: 'E_LOCK_UNAVAILABLE',
          message: 'nothing can be ended from here: /h is on a read-only file system (F-099)',
        },
      })
  })

  it('counts the decisions all the same, as the last line does', async () => {
    expect((await tried({ dryRun: true })).counted).toEqual(['2 need a decision'])
  })

  it('only looks in a dry run, and where there is nothing to end', async () => {
    expect(await tried({ dryRun: true })).toMatchObject({ asked: [true], error: 0 })
    expect(await tried({ port: PORT + 1 })).toMatchObject({ asked: [true], error: 0 })
  })
})
