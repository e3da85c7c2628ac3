// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inPrivateNetwork } from '../scripts/private-network.mjs'

/**
 * @typedef {import('./stage-kinds.mjs').StageName} StageName
 * @typedef {{ name: StageName, root: string, time(command: import('./time-command.mjs').Command):
 *   Promise<import('./time-command.mjs').Timed>, stop(): Promise<void> }} SetStage
 */

const MAIN = fileURLToPath(new URL('stage-main.mjs', import.meta.url))

let built = 0

/**
 * Resolves when all processes of the stage run. They have their own network and pid namespace if the machine allows it,
 * so that many stages can use the same ports at the same time. They end with `stop()`, or with this process.
 *
 * @param {StageName} name
 * @param {string} directory where its root is made
 * @returns {Promise<SetStage>}
 */
export async function setStage(name, directory) {
  const root = join(directory, `${name}-${built++}`, '.spec-kitty')
  mkdirSync(root, { recursive: true })
  const plain = [process.execPath, MAIN, name, root]
  const [file = '', ...args] = inPrivateNetwork(plain) ?? plain
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: environment(root) })
  await answerOf(child, name)
  return {
    name,
    root,
    time: async (command) => {
      child.send(command)
      return /** @type {import('./time-command.mjs').Timed} */ (await answerOf(child, name))
    },
    stop: async () => {
      const exited = child.exitCode === null ? once(child, 'exit') : null
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

/**
 * Uses a home in which the root is the default one, as on most machines. Omits `NODE_EXTRA_CA_CERTS`, because Node would
 * parse those certificates at every start and the baseline would take three times as long.
 *
 * @param {string} root
 */
function environment(root) {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...rest } = process.env
  return { ...rest, HOME: dirname(root), SPEC_KITTY_HOME: root }
}

/** @param {import('node:child_process').ChildProcess} child @param {StageName} name */
async function answerOf(child, name) {
  const ended = new AbortController()
  const onExit = () => ended.abort(new Error(`the stage '${name}' ended by itself`))
  child.once('exit', onExit)
  try {
    const [answer] = await once(child, 'message', { signal: ended.signal })
    return answer
  } finally {
    child.off('exit', onExit)
  }
}
