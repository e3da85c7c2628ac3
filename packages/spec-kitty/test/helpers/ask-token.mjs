// @ts-check
/**
 * Asks for an access token when its parent says so: `node ask-token.mjs ROOT [REFRESH]`. Prints a digest of it, `null`, or
 * the code of the error. Several of these processes ask at the same time.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { accessToken } from '../../dist/sync/session/access-token.js'

const [root = '', refused] = process.argv.slice(2)
process.stdout.write('ready\n')
const [line] = await once(process.stdin, 'data')
const refresh = refused === 'true' ? true : refused === 'read' ? String(line).trim() : false
try {
  const found = await accessToken(root, { refresh })
  const digest = createHash('sha256')
    .update(found?.token ?? '')
    .digest('hex')
  process.stdout.write(`${found === null ? 'null' : digest}\n`)
} catch (error) {
  process.stdout.write(`${/** @type {any} */ (error).code}\n`)
}
process.stdin.destroy()
