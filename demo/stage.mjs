// @ts-check
/**
 * `npm run stage`: the machine of a user whose old daemons are in the way, to be cleaned up by hand. 18 stale daemons, 2 that
 * need a decision (one without a home marker, one of this home that does not answer), and 2 that must survive (the live daemon
 * of another home, and a foreign web server).
 *
 * On a terminal it opens a shell in which `spec-kitty` is that of this checkout, with the home of the stage; else it waits for
 * the end of its input. Then it says what became of the bystanders, and ends everything.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  CLI,
  environment,
  growOld,
  home,
  hostile,
  lives,
  otherRoot,
  perform,
  root,
  startStale,
  sync,
  takePorts,
} from './cast.mjs'

/** @typedef {import('./cast.mjs').Known} Known */

const WANTED = 18
const OTHERS = 4

await perform('stage', main)

async function main() {
  const { staleCount, next } = await takePorts(WANTED, OTHERS)
  console.log(`Starting ${staleCount} stale daemons, 2 that need a decision, 2 that must survive ...`)
  const stale = await startStale(staleCount, next)
  const wedged = await sync('wedged', { port: next(), version: '3.2.6', root, record: true })
  const port = next()
  const bystanders = [
    await sync('the live daemon of another home', { port, version: '3.2.5', root: otherRoot, record: true }),
    await hostile('a foreign web server', 'http', next()),
  ]
  const preMarker = await sync('a daemon without home marker', {
    port: next(),
    version: '3.2.1',
    root,
    marker: false,
    owner: false,
  })
  process.kill(wedged.pid, 'SIGSTOP')
  await growOld()
  await (process.stdin.isTTY ? openShell() : waitForInput())
  console.log('\nThe machine, looked at independently of what the commands said:')
  tell('stale daemons', stale)
  tell('daemons that do not answer', [wedged])
  tell('daemons without home marker', [preMarker])
  for (const one of bystanders) {
    console.log(`  ${lives(one) ? 'ok   alive' : 'FAIL ended'}: ${one.name} on port ${one.port} (${one.pid})`)
  }
  return bystanders.every(lives) ? 0 : 1
}

/** @param {string} name @param {readonly Known[]} all */
function tell(name, all) {
  console.log(`       ${all.filter((one) => !lives(one)).length} of ${all.length} ${name} are gone`)
}

function shellEnvironment() {
  const bin = join(home, 'bin')
  mkdirSync(bin)
  symlinkSync(CLI, join(bin, 'spec-kitty'))
  return { ...process.env, ...environment, PATH: `${bin}:${process.env['PATH']}` }
}

async function openShell() {
  const shell = process.env['SHELL'] ?? 'sh'
  console.log('Your task: old spec-kitty daemons; clean it up. Begin with: spec-kitty auth doctor')
  console.log(`This is a shell whose home is ${home}; 'exit' ends the stage.`)
  // Without bash's start files, which would set a prompt of their own.
  const args = basename(shell) === 'bash' ? ['--noprofile', '--norc'] : []
  const env = { ...shellEnvironment(), PS1: '(stage) $ ' }
  await once(spawn(shell, args, { env, stdio: 'inherit' }), 'exit')
}

async function waitForInput() {
  const { PATH: path } = shellEnvironment()
  const variables = Object.entries({ ...environment, PATH: `${path.split(':')[0]}:$PATH` })
  console.log('In another shell, run the next line; close this input to end the stage:')
  console.log(`export ${variables.map(([name, value]) => `${name}="${value}"`).join(' ')}`)
  for await (const _ of process.stdin) {
    // Ignore what is typed.
  }
}
