// @ts-check
import { readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { listeningFor, listeningSockets, parentOf, processesWith } from './herd-machine.mjs'

/**
 * `herd-watch.mjs ROOT TRACE VICTIM AFTER_MS`: looks at the listeners of a root until its stdin ends, then prints what it
 * saw. Meanwhile it kills one command, AFTER_MS after the first of all took the life-cycle lock: the one with the pid
 * VICTIM, or (0) that first one, or another where that has ended; without VICTIM it kills no process. On stdin, any text means: from now on a daemon has to listen.
 *
 * A process of its own, ahead of the herd where that is allowed: the one that started the herd hardly runs meanwhile.
 */

const EVERY_MS = 20

const [, , root = '', trace = '', victimText, afterText = '0'] = process.argv

/** @type {{ samples: number, several: number[][], none: number, killed: number | null }} */
const seen = { samples: 0, several: [], none: 0, killed: null }
let isOneExpected = false
let isStruck = victimText === undefined

try {
  setPriority(-15)
} catch {
  // Not allowed here: then it looks less often.
}
const timer = setInterval(sample, EVERY_MS)
process.stdin.on('data', () => (isOneExpected = true))
process.stdin.on('end', () => {
  clearInterval(timer)
  process.stdout.write(JSON.stringify(seen))
})
process.stdout.write('\n')

function sample() {
  seen.samples += 1
  const { size } = listeningSockets()
  if (size === 0 && isOneExpected) seen.none += 1
  if (size > 1) seen.several.push(...several())
  const holder = isStruck ? undefined : firstHolder()
  if (holder !== undefined) strike(victimText === '0' ? holder : Number(victimText))
}

/** The table of the kernel is not read at one moment: only who is in it twice in a row counts. */
function several() {
  const [first, second] = [listeningFor(root), listeningFor(root)]
  const both = first.filter((pid) => second.includes(pid))
  return both.length > 1 ? [both] : []
}

function firstHolder() {
  const pid = /^(\d+) takes lifecycle\.lock$/m.exec(readFileSync(trace, 'utf8'))?.[1]
  return pid === undefined ? undefined : Number(pid)
}

/** Who has ended by then leaves the blow to another command. @param {number} pid */
function strike(pid) {
  isStruck = true
  setTimeout(() => {
    const commands = commandsOfHerd()
    const victim = commands.includes(pid) ? pid : commands[Number(afterText) % commands.length]
    if (victim === undefined) return
    process.kill(victim, 'SIGKILL')
    seen.killed = victim
  }, Number(afterText))
}

/** Only a command of this very herd is killed: who started this started it, and it has the trace in its environment. */
function commandsOfHerd() {
  return processesWith(`HERD_TRACE=${trace}`).filter((pid) => parentOf(pid) === process.ppid)
}
