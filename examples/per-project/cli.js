#!/usr/bin/env node
// @ts-check
import { FamiliarError } from 'familiar'
import { build } from './build.js'
import { minibuild } from './daemon.js'

/** For the help. */
const commands = { 'build [--no-daemon]': 'compress the files of src/ into dist/' }

const ending = new AbortController()
process.once('SIGINT', () => ending.abort(new Error('interrupted')))

/**
 * Builds in the daemon, which remembers the last build. Where no daemon is wanted (`--no-daemon`, CI, MINIBUILD_NO_DAEMON) or
 * can be had, this process does the same work.
 *
 * @param {boolean} mayUseDaemon
 * @returns {Promise<AsyncIterable<import('./build.js').Progress>>}
 */
async function startBuild(mayUseDaemon) {
  const { signal } = ending
  const options = { signal, onWait: console.error }
  const daemon = mayUseDaemon ? await minibuild.tryConnect(options) : null
  if (daemon?.outcome !== 'connected') return build(minibuild.scope, new Map(), signal)
  const reply = await daemon.fetch('/build', { method: 'POST', signal })
  if (!reply.ok) throw new Error(`the daemon answered with status ${reply.status}`)
  return progressIn(reply)
}

/**
 * Reads lines of JSON as they come: a part may have several of them, or half of one.
 *
 * @param {import('familiar').Reply} reply
 */
async function* progressIn(reply) {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const part of reply.body) {
    const lines = (pending + decoder.decode(part, { stream: true })).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line)
  }
}

/** @param {readonly string[]} args */
async function main(args) {
  const [command, option, ...rest] = args
  const isKnown = (option === undefined || option === '--no-daemon') && rest.length === 0
  if (command !== 'build' || !isKnown) return minibuild.cli(args, { commands })
  for await (const { file, bytes, isCached } of await startBuild(option === undefined))
    console.log(`${file}: ${bytes} bytes${isCached ? ' (not changed)' : ''}`)
  return 0
}

try {
  const exitCode = await main(process.argv.slice(2))
  if (exitCode === null) process.stderr.write(await minibuild.usage({ commands }))
  process.exitCode = exitCode ?? 2
} catch (error) {
  const isExpected = error instanceof FamiliarError
  if (!isExpected && !ending.signal.aborted) throw error
  console.error(`minibuild: ${isExpected ? error.describe() : 'interrupted'}`)
  process.exitCode = isExpected ? 1 : 130
}
