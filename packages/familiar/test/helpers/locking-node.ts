import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeHome } from './homes.js'

const PRELOAD = fileURLToPath(new URL('hold-lock.cjs', import.meta.url))

/**
 * Returns an executable that runs Node, and holds the kernel lock on the file at the path from before the program runs
 * until it ends: what a stand-in is started with so that it holds a daemon lock. Makes the file, with this text, where
 * it is missing.
 */
export function lockingNode(path: string, text = ''): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { flag: 'a' })
  const node = join(makeHome(), 'node')
  const lines = [
    '#!/bin/sh',
    `export HOLD_LOCK='${path}' NODE_OPTIONS="$NODE_OPTIONS --require ${PRELOAD}"`,
    `exec '${process.execPath}' "$@"`,
  ]
  writeFileSync(node, `${lines.join('\n')}\n`)
  chmodSync(node, 0o755)
  return node
}
