// @ts-check
/**
 * Writes `packages/familiar/src/observe/peek-text.ts`. `node -e TEXT` runs the text, so the child process needs no file
 * beside the library, which a bundle of a tool would not have. Runs before `tsc`, which compiles the text like any other
 * module. Leaves the file alone if nothing has changed, so that `tsc -b` has nothing to do.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { peekText } from './peek-text.mjs'

const FILE = fileURLToPath(new URL('../packages/familiar/src/observe/peek-text.ts', import.meta.url))

const module = `/** Made by scripts/build-peek.mjs from peek-main.ts and what that imports. */
export const PEEK_TEXT: string = ${JSON.stringify(await peekText())}
`
if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== module) writeFileSync(FILE, module)
