import { EXIT } from './exit-codes.js'

/**
 * Asks a yes-or-no question; only `y` or `yes` is a yes. Ctrl+C ends the process with 130, the end of input is a no.
 * Imported with everything else that a command needs, because the package may be replaced during the long wait that can
 * come before a question; only Node's own readline is loaded on demand.
 */
export async function confirm(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const { createInterface } = await import('node:readline')
  return new Promise((resolve) => {
    const prompt = createInterface({ input, output })
    prompt.on('SIGINT', () => {
      output.write('\n')
      process.exit(EXIT.interrupted)
    })
    prompt.on('close', () => resolve(false))
    prompt.question(`${question} [y/N] `, (answer) => {
      resolve(/^y(?:es)?$/i.test(answer.trim()))
      prompt.close()
    })
  })
}
