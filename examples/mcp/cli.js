#!/usr/bin/env node
// @ts-check
import { FamiliarError } from 'familiar'
import { docsd } from './daemon.js'

/** For the help. */
const commands = { 'mcp-server': 'what an editor starts: MCP on stdin and stdout' }

/** @param {readonly string[]} args */
async function main(args) {
  if (args.length !== 1 || args[0] !== 'mcp-server') return docsd.cli(args, { commands })
  // The editor has closed its end: further output has no reader.
  process.stdout.on('error', () => process.exit(0))
  const { runShim } = await import('./shim.js')
  await runShim(process.stdin, process.stdout)
  return 0
}

try {
  const exitCode = await main(process.argv.slice(2))
  if (exitCode === null) process.stderr.write(await docsd.usage({ commands }))
  process.exitCode = exitCode ?? 2
} catch (error) {
  if (!(error instanceof FamiliarError)) throw error
  console.error(`docsd: ${error.describe()}`)
  process.exitCode = 1
}
