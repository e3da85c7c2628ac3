import type { Line } from '../doctor/document.js'
import { printable } from './printable.js'

const GAP = 2

/** Returns the lines with their texts below each other, safe to show on a terminal. */
export function formatLines(lines: readonly Line[]): readonly string[] {
  const width = Math.max(...lines.map(([label]) => label.length)) + GAP
  return lines.map(([label, text]) => printable(`${label.padEnd(width)}${text}`))
}
