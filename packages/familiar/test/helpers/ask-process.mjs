// @ts-check
import { openSync } from 'node:fs'
import { devNull } from 'node:os'
import { fetchFrom } from '../../dist/client/fetch.js'
import { handshake } from '../../dist/observe/handshake.js'
import { probe } from '../../dist/observe/probe-health.js'
import { request } from '../../dist/observe/http.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'

/**
 * Asks a port in four ways and says as JSON what came of each: `ask-process.mjs PORT [full]`; with `full` it has used up
 * its descriptors before.
 */

const [, , text = '', state] = process.argv
const port = Number(text)
const ask = /** @type {const} */ ({ address: '127.0.0.1', port, method: 'GET', path: '/', timeoutMs: 1_000 })
const record = /** @type {import('../../dist/protocol/record.js').DaemonRecord} */ (
  /** @type {unknown} */ ({
    implementation: 'own',
    pid: 1,
    port,
    token: 'x'.repeat(64),
    instanceId: 'y'.repeat(32),
  })
)

/** @param {Promise<unknown>} asked */
async function told(asked) {
  try {
    return await asked
  } catch (error) {
    const { code, retry } = /** @type {import('../../dist/errors.js').FamiliarError} */ (error)
    return { code, retry }
  }
}

// Opened before there is nothing left to open it with.
process.stdout.write('')
if (state === 'full') useUp()
const request_ = await told(request(ask))
const probe_ = await told(probe('127.0.0.1', port, '/', 1_000))
const handshake_ = await told(handshake(daemonFamily({ from: 0, to: 0 }), record, 1_000))
const fetch_ = await told(fetchFrom(daemonFamily({ from: 0, to: 0 }), record, '/'))
const all = { request: request_, probe: probe_, handshake: handshake_, fetch: fetch_ }
process.stdout.write(`${JSON.stringify(all)}\n`)
process.exit()

function useUp() {
  try {
    for (;;) openSync(devNull, 'r')
  } catch {
    // Now there is none left.
  }
}
