/**
 * Sends events to the daemon of a home, one request after the other, until its standard input ends: `client.js HOME
 * PROJECT NAME`. Prints a line of JSON for each request that was answered, and for each error.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { syncDaemon } from '../../../packages/spec-kitty/dist/daemons/define-daemons.js'

const [home = '', project = '', name = ''] = process.argv.slice(2)
const state = { isOver: false }
process.stdin.on('end', () => (state.isOver = true)).resume()

for (let number = 0; !state.isOver; number++) await send(`${name}-${number}`)
process.exit(0)

/** Sends the event until it is answered: after an error caused by an upgrade, it is sent again. */
async function send(id: string): Promise<void> {
  const began = performance.now()
  const body = JSON.stringify({ event: { event_id: id, event_type: 'T' }, project })
  const headers = { 'content-type': 'application/json' }
  for (;;) {
    try {
      const connection = await syncDaemon.at(home).connect({ start: false })
      const reply = await connection.fetch('/api/sync/publish', { method: 'POST', headers, body })
      const text = await reply.text()
      // The daemon is shutting down, or its package is gone. The next daemon will answer.
      if (reply.status === 503)
        throw Object.assign(new Error(text), { code: `E_503_${/\w+(?="\})/.exec(text)?.[0]}`.toUpperCase() })
      if (reply.status !== 200) throw new Error(`status ${reply.status}: ${text}`)
      say({ kind: 'answered', id, ms: performance.now() - began })
      break
    } catch (error) {
      const { code = null, message } = error as { code?: string; message: string }
      say({ kind: 'error', id, code, message })
      // This is longer than any round. There may be no daemon for a while, because an incomplete installation starts
      // none.
      if (performance.now() - began > 600_000) return say({ kind: 'lost', id })
      await sleep(20)
    }
  }
  await sleep(10)
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
