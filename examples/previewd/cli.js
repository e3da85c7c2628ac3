#!/usr/bin/env node
// @ts-check
import { readFile } from 'node:fs/promises'
import { FamiliarError } from 'familiar'
import { previewd } from './daemon.js'

/** For the help. */
const commands = { 'render FILE': 'print the HTML of a Markdown file' }

/** @param {string} file */
async function render(file) {
  const markdown = await readFile(file)
  // There is no other way to render, so a daemon is started in CI too.
  const daemon = await previewd.connect({ start: true, onWait: console.error })
  // Nothing is changed by rendering twice: if the daemon ends in between, the request may be sent to the next one.
  const reply = await daemon.fetch('/render', { method: 'POST', body: markdown, retry: true })
  if (!reply.ok) throw new Error(`the daemon answered with status ${reply.status}`)
  process.stdout.write(`${await reply.text()}\n`)
}

/** @param {readonly string[]} args */
async function main([command, file, ...rest]) {
  if (command === 'render' && file !== undefined && rest.length === 0) {
    await render(file)
    return 0
  }
  return previewd.cli(process.argv.slice(2), { commands })
}

try {
  const exitCode = await main(process.argv.slice(2))
  if (exitCode === null) process.stderr.write(await previewd.usage({ commands }))
  process.exitCode = exitCode ?? 2
} catch (error) {
  if (!(error instanceof FamiliarError)) throw error
  console.error(`previewd: ${error.describe()}`)
  process.exitCode = 1
}
