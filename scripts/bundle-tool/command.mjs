// @ts-check
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, FamiliarError, readState, scan, selectPlatform, stopDaemon } from 'familiar'
import { daemonArguments, family, logFile, OWN_SCOPE, PROTOCOL_VERSION, VERSION } from './tool.mjs'

/** Longer than a busy machine takes: the result must not depend on that. */
const FOREIGN_SCOPES_MS = 20_000

const scope = OWN_SCOPE
const doctorCommand = () => 'tool doctor'

/** Runs `render FILE`, `status`, `stop` or `doctor`, and prints the result, or the error, as JSON. */
export async function runCommand() {
  const [, , name = '', file = ''] = process.argv
  const commands = { render: () => render(file), status, stop, doctor }
  const command = /** @type {Record<string, () => Promise<unknown>>} */ (commands)[name]
  try {
    console.log(JSON.stringify(command === undefined ? { error: `no command ${name}` } : await command()))
  } catch (error) {
    const { code, message, hint } = /** @type {FamiliarError} */ (error)
    console.log(JSON.stringify({ code: error instanceof FamiliarError ? code : 'OTHER', message, hint }))
    process.exitCode = 1
  }
}

async function base() {
  return { family, scope, platform: await selectPlatform() }
}

/** @param {string} file */
async function render(file) {
  const connection = await connect({
    ...(await base()),
    self: {
      lineage: 'own',
      protocolVersion: PROTOCOL_VERSION,
      packageVersion: VERSION,
      buildTime: null,
      executable: process.execPath,
    },
    launch: {
      args: daemonArguments(scope),
      env: {
        BUNDLE_TOOL_PORTS: process.env['BUNDLE_TOOL_PORTS'],
        BUNDLE_TOOL_SCOPE: scope,
        BUNDLE_TOOL_FILES: process.env['BUNDLE_TOOL_FILES'],
      },
      cwd: '/',
      logFile: logFile(scope),
    },
    doctorCommand,
    stopCommand: 'tool stop',
    versionVariable: 'BUNDLE_TOOL_VERSION',
  })
  if (connection.outcome === 'skipped') return connection
  const { port, token } = connection.record
  const reply = await post(port, token ?? '', { text: readFileSync(file, 'utf8') })
  return { .../** @type {object} */ (reply), started: connection.started }
}

/**
 * @param {number | null} port
 * @param {string} token
 * @param {unknown} body
 * @returns {Promise<unknown>}
 */
function post(port, token, body) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const asked = request({ host: '127.0.0.1', port, path: '/api/render', method: 'POST', headers })
    asked.on('error', reject)
    asked.on('response', (reply) => {
      let text = ''
      reply.setEncoding('utf8').on('data', (part) => (text += part))
      reply.on('end', () => resolve(JSON.parse(text)))
    })
    asked.end(JSON.stringify(body))
  })
}

async function status() {
  const { state, pid, port } = await readState(await base())
  return { state, pid, port }
}

async function stop() {
  return stopDaemon({ ...(await base()), reason: 'operator_stop' })
}

/** Every daemon of the range, and what is known of the scope that it names. */
async function doctor() {
  const platform = await selectPlatform()
  const { candidates, context } = await scan(family, scope, platform, FOREIGN_SCOPES_MS)
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
