// @ts-check
import { docsd } from './daemon.js'
import { makeIndex } from './index.js'

const index = makeIndex()

await docsd.serve(async (request, { signal }) => {
  // Loaded with the first request: a daemon without requests does not pay for the SDK.
  const { answer } = await import('./answer.js')
  return answer(request, index, signal)
})
