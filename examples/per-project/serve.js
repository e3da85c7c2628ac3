// @ts-check
import { build } from './build.js'
import { minibuild } from './daemon.js'

/** Kept between the builds of this project, as long as the daemon runs. @type {import('./build.js').Cache} */
const cache = new Map()
const encoder = new TextEncoder()

await minibuild.serve((_request, { signal, log }) => {
  /** One line of JSON for each file. The next file is built when the last line was taken. */
  async function* lines() {
    try {
      for await (const progress of build(minibuild.scope, cache, signal))
        yield encoder.encode(`${JSON.stringify(progress)}\n`)
    } finally {
      // Aborted when the command has gone (Ctrl+C), and when the daemon is about to leave.
      if (signal.aborted) log.write('build_aborted', {})
    }
  }
  return new Response(ReadableStream.from(lines()), { headers: { 'content-type': 'application/x-ndjson' } })
})
