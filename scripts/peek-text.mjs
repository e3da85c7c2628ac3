// @ts-check
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const MAIN = fileURLToPath(new URL('../packages/familiar/src/observe/peek-main.ts', import.meta.url))

/** The first text of the child process that `ps` shows. */
const TITLE = '/* familiar: reads directories that other processes name */'

/**
 * The maximum length of the text. A command line has at most 32,767 characters on Windows: the text, a backslash for each
 * quote in it, and the path of Node.
 */
const MAX_LENGTH = 24_000

/**
 * Returns the program of the child process that reads directories named by other processes: `peek-main.ts` with
 * everything that it imports, as one line of ASCII, so that it is the same text in every command line.
 */
export async function peekText() {
  const bundle = await rolldown({
    input: MAIN,
    platform: 'node',
    resolve: { extensionAlias: { '.js': ['.ts'] } },
    transform: { target: 'es2022' },
    treeshake: { moduleSideEffects: (id) => id.endsWith('peek-main.ts') },
  })
  const { output } = await bundle.generate({
    format: 'cjs',
    minify: true,
    comments: false,
    codeSplitting: false,
  })
  await bundle.close()
  const [{ code }, ...others] = output
  const text = `${TITLE}${escaped(code.trim())}`
  if (others.length > 0 || text.length > MAX_LENGTH || text.includes('fs-native-extensions'))
    throw new Error(
      `the program of the child must be one text below ${MAX_LENGTH} characters that loads no package: it has ${text.length}, and ${others.length} other files`,
    )
  return text
}

/**
 * Escapes all characters other than printable ASCII. They occur only in strings and regular expressions, where an escape
 * has the same meaning. Also escapes a character of the word `crypto`, because `node -e` searches its script for that
 * word and then loads the module, which costs 7 ms and 2 MB (Node 20 to 26).
 *
 * @param {string} code
 */
function escaped(code) {
  return code.replaceAll(/[^ -~]|(?<=cr)y(?=pto)/g, (unit) => `\\u${hexOf(unit)}`)
}

/** @param {string} unit */
function hexOf(unit) {
  return unit.charCodeAt(0).toString(16).padStart(4, '0')
}
