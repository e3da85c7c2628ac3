#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { previewd } from './daemon.js'

const [command, file] = process.argv.slice(2)

if (command === 'render' && file !== undefined) {
  const daemon = await previewd.connect({ start: true, onWait: (message) => console.error(message) })
  const reply = await daemon.fetch('/render', { method: 'POST', body: await readFile(file), retry: true })
  process.stdout.write(`${await reply.text()}\n`)
} else {
  const exitCode = await previewd.cli(process.argv.slice(2))
  if (exitCode === null)
    console.error('usage: previewd render FILE | start | stop | restart | status | logs | doctor')
  process.exitCode = exitCode ?? 2
}
