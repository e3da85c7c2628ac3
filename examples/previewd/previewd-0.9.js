// @ts-check
import { join } from 'node:path'

/**
 * previewd 0.9 kept a daemon of its own: `node .../previewd-server.js --port N --token T --home=DIRECTORY`, a health reply
 * at /api/health without a pid, and a pid file. Commands of this version recognise it, replace it and clean it up.
 *
 * @type {import('familiar').Predecessor}
 */
export const previewd09 = {
  commandLine: {
    head: [/.+/, /.*[\\/]previewd-server\.js/, /--port/, /(?<port>\d+)/, /--token/, /(?<token>[0-9a-f]{32})/],
    marker: /--home=(?<scope>.+)/,
  },
  readSelfReport: (/** @type {any} */ body) =>
    body?.app === 'previewd' ? { packageVersion: body.version, scope: body.home, token: body.token } : null,
  record: {
    file: (scope) => join(scope, 'previewd.pid'),
    parse: (text) => {
      const [, pid, port, token] = /^(\d+) (\d+) ([0-9a-f]{32})\n$/.exec(text) ?? []
      return token === undefined ? null : { pid: Number(pid), port: Number(port), token }
    },
  },
  shutdown: (token) => ({ path: '/quit', body: { token } }),
}
