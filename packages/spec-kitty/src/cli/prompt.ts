import { EXIT } from './exit-codes.js'

/**
 * Asks a yes-or-no question; only `y` or `yes` is a yes. Ctrl+C ends the process with 130, the end of input is a no. Part
 * of the main file, because the question may come after a long wait; only Node's own module is loaded when it is asked.
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
