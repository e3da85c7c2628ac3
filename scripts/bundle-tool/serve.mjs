// @ts-check
import { tool } from './tool.mjs'

/** Runs the daemon. It answers `render` with the text in capital letters. */
export function runDaemon() {
  return tool.serve(async (request) =>
    Response.json({ text: (await request.text()).toUpperCase(), pid: process.pid }),
  )
}
