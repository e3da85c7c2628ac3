// @ts-check
import { readFileSync } from 'node:fs'
import { FamiliarError } from 'familiar'
import { tool } from './tool.mjs'

/** Runs `render FILE`, `status`, `stop` or `doctor`, and prints the result, or the error, as JSON. */
export async function runCommand() {
  const [, , name = '', file = ''] = process.argv
  const commands = { render: () => render(file), status, stop: () => tool.stop(), doctor }
  const command = /** @type {Record<string, () => Promise<unknown>>} */ (commands)[name]
  try {
    console.log(JSON.stringify(command === undefined ? { error: `no command ${name}` } : await command()))
  } catch (error) {
    const { code, message, hint } = /** @type {FamiliarError} */ (error)
    console.log(JSON.stringify({ code: error instanceof FamiliarError ? code : 'OTHER', message, hint }))
    process.exitCode = 1
  }
}

/** @param {string} file */
async function render(file) {
  const connection = await tool.connect({ start: true })
  const reply = await connection.fetch('/render', { method: 'POST', body: readFileSync(file) })
  return { .../** @type {object} */ (await reply.json()), started: connection.startReason }
}

async function status() {
  const { state, pid, port } = await tool.status()
  return { state, pid, port }
}

/** Every daemon of the range, and what is known of the scope that it names. */
async function doctor() {
  const { candidates, context } = await tool.scan({ forCleanUp: true })
  return candidates.map(({ observation, verdict }) => {
    const named = observation.shape?.marker ?? ''
    const snapshot = context.scopes.get(named)
    return {
      pid: observation.pid,
      class: verdict.class,
      scope: named,
      isLate: snapshot === undefined || snapshot.isLate === true,
      holder: snapshot?.lockHolder ?? null,
    }
  })
}
