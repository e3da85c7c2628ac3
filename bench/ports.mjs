// @ts-check
import { once } from 'node:events'
import { createServer } from 'node:net'
import { RANGE } from './stage-kinds.mjs'

/** Resolves with the ports of the range that are in use. */
export async function busyPorts() {
  const ports = Array.from({ length: RANGE.to - RANGE.from }, (_, index) => RANGE.from + index)
  const free = await Promise.all(ports.map(isFree))
  return ports.filter((_, index) => !free[index])
}

/** @param {number} port */
async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
