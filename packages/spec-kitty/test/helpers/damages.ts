import { readFileSync, rmSync, truncateSync } from 'node:fs'

/** What becomes of a file when an installer is interrupted: it is missing, or only its beginning is there. */
export const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  missing: (path) => rmSync(path),
  empty: (path) => truncateSync(path, 0),
  'cut to a half': (path) => truncateSync(path, readFileSync(path).length >> 1),
  'cut in the last line': (path) => truncateSync(path, inLastLine(readFileSync(path))),
}

/** Returns a place in the last line that is not empty. */
function inLastLine(bytes: Buffer): number {
  const text = bytes.toString('latin1').trimEnd()
  const begin = text.lastIndexOf('\n') + 1
  return Math.max(1, Math.min(begin + Math.ceil((text.length - begin) / 2), text.length - 1))
}
