// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import { commandFor, valueOf } from './commands.mjs'
import { setStage } from './stage.mjs'
import { RIPE_MS, STAGES } from './stage-kinds.mjs'

/**
 * @typedef {import('./doctor-rows.mjs').Row} Row
 * @typedef {import('./doctor-rows.mjs').Subject} Subject
 * @typedef {import('./stage.mjs').SetStage} SetStage
 * @typedef {import('./stage-kinds.mjs').StageName} StageName
 * @typedef {Map<string, number[]>} Samples by `keyOf`, one value a round
 */

/** How long the processes that were just started get to finish starting. */
const SETTLE_MS = 1_000

/**
 * Times every command that the rows need, `rounds` times each. All commands of a batch run in the same rounds, in random
 * order. On the real ports only one stage can exist at a time, so there only commands on the same stage share rounds.
 *
 * @param {readonly Row[]} rows @param {number} rounds @param {string} directory
 * @param {(message: string) => void} say
 * @returns {Promise<Samples>}
 */
export async function measure(rows, rounds, directory, say) {
  const isPrivate = inPrivateNetwork(['true']) !== null
  /** @type {Samples} */
  const samples = new Map()
  for (const batch of new Set(rows.map((row) => row.batch))) {
    const subjects = subjectsOf(rows.filter((row) => row.batch === batch))
    const wanted = [...new Set(subjects.map(([stage]) => stage))].flatMap((stage) =>
      Array.from({ length: STAGES[stage].isUsedUp ? rounds : 1 }, () => stage),
    )
    for (const together of isPrivate ? [wanted] : wanted.map((stage) => [stage])) {
      say(`${batch}: starting ${together.length} stages`)
      await onStages(together, directory, (stages) => runRounds(stages, subjects, rounds, samples, say))
    }
  }
  return samples
}

/** Returns the key under which the samples of a command on a stage are kept. @param {Subject} subject */
export function keyOf([stage, command]) {
  return `${stage}/${command}`
}

/** Returns each pair of a stage and a command once. @param {readonly Row[]} rows @returns {readonly Subject[]} */
function subjectsOf(rows) {
  return [...new Map(rows.flatMap(({ of, per }) => [of, per]).map((one) => [keyOf(one), one])).values()]
}

/**
 * @param {readonly StageName[]} names @param {string} directory
 * @param {(stages: readonly SetStage[]) => Promise<void>} act
 */
async function onStages(names, directory, act) {
  /** @type {SetStage[]} */
  const stages = []
  try {
    for (const name of names) stages.push(await setStage(name, directory))
    await sleep(names.some((name) => STAGES[name].isUsedUp) ? RIPE_MS : SETTLE_MS)
    await act(stages)
  } finally {
    await Promise.all(stages.map((stage) => stage.stop()))
  }
}

/**
 * Runs the rounds. A stage that a command uses up is taken down after its round.
 *
 * @param {readonly SetStage[]} stages @param {readonly Subject[]} subjects @param {number} rounds
 * @param {Samples} samples @param {(message: string) => void} say
 */
async function runRounds(stages, subjects, rounds, samples, say) {
  const left = [...stages]
  for (let round = 1; round <= rounds && left.length > 0; round += 1) {
    say(`  round ${round} of ${rounds}`)
    const set = new Map(left.map((stage) => [stage.name, stage]))
    for (const subject of shuffled(subjects)) {
      const stage = set.get(subject[0])
      if (stage) add(samples, subject, await valueOn(stage, subject))
    }
    for (const stage of set.values()) {
      if (STAGES[stage.name].isUsedUp) await left.splice(left.indexOf(stage), 1)[0]?.stop()
    }
  }
}

/** @param {SetStage} stage @param {Subject} subject */
async function valueOn(stage, [name, command]) {
  return valueOf(command, name, await stage.time(commandFor(command, stage.root)))
}

/** @param {Samples} samples @param {Subject} subject @param {number} value */
function add(samples, subject, value) {
  samples.set(keyOf(subject), [...(samples.get(keyOf(subject)) ?? []), value])
}

/** @template T @param {readonly T[]} list */
function shuffled(list) {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
