// @ts-check
/**
 * `npm run demo`: from many orphans to clean in two commands, on real processes in a temporary home.
 *
 * Starts a recorded live daemon, 18 stale ones, and bystanders that look dangerously similar. Runs `auth doctor`,
 * `auth doctor --reset`, `auth doctor`, and then checks independently that every bystander is still the same process.
 */
import { spawnSync } from 'node:child_process'
import {
  CLI,
  dashboard,
  environment,
  growOld,
  hostile,
  lives,
  mimic,
  otherRoot,
  perform,
  root,
  startStale,
  sync,
  takePorts,
} from './cast.mjs'

/** @typedef {import('./cast.mjs').Known} Known */

const WANTED = 18
const BYSTANDERS = 7

const NEXT = `
Next, on this machine (it only looks):
  node packages/spec-kitty/bin/spec-kitty.js auth doctor
To clean up such a stage yourself: npm run stage. To install the command: README.md, "Install".`

await perform('demo', main)

async function main() {
  const { staleCount, next } = await takePorts(WANTED, BYSTANDERS)
  console.log(`Starting a live daemon, ${staleCount} stale ones and ${BYSTANDERS} bystanders ...`)
  const live = await sync('the recorded live daemon', { port: next(), version: '3.2.6', root, record: true })
  const stale = await startStale(staleCount, next)
  const bystanders = [
    live,
    await sync('the live daemon of another home', {
      port: next(),
      version: '3.2.5',
      root: otherRoot,
      record: true,
    }),
    await sync('a daemon without home marker', {
      port: next(),
      version: '3.2.1',
      root,
      marker: false,
      owner: false,
    }),
    await dashboard(next()),
    await hostile('a web server', 'http', next()),
    await hostile('a silent service', 'silent', next()),
    await mimic(live, next()),
    await hostile('a process without a port', 'sleep', 0),
  ]
  await growOld()
  return show(stale, bystanders)
}

/**
 * @param {readonly Known[]} stale
 * @param {readonly Known[]} bystanders
 */
function show(stale, bystanders) {
  const codes = [run('auth', 'doctor'), run('auth', 'doctor', '--reset'), run('auth', 'doctor')]
  console.log('\nThe machine, looked at independently of what the commands said:')
  const left = stale.filter(lives)
  console.log(
    `  ${left.length === 0 ? 'ok  ' : 'FAIL'} ${stale.length - left.length} of ${stale.length} stale daemons are gone`,
  )
  for (const one of bystanders) {
    const at = one.port === null ? '' : ` on port ${one.port}`
    console.log(`  ${lives(one) ? 'ok  ' : 'FAIL'} ${one.name}${at} is the same living process (${one.pid})`)
  }
  const isGood = left.length === 0 && bystanders.every(lives) && codes.every((code) => code === 0)
  console.log(
    isGood ? '\nFrom many orphans to clean, and no other process was touched.' : '\nThe demo FAILED.',
  )
  if (isGood) console.log(NEXT)
  return isGood ? 0 : 1
}

/** @param {...string} args */
function run(...args) {
  console.log(`\n$ spec-kitty ${args.join(' ')}`)
  const env = { ...process.env, ...environment, SPEC_KITTY_NON_INTERACTIVE: '1' }
  return spawnSync(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'inherit', 'inherit'] }).status
}
