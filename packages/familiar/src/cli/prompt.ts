import { EXIT } from './exit-codes.js'

export interface Prompt {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  /** What is printed if the user interrupts the question. */
  readonly interrupted: string
}

/**
 * Asks a yes-or-no question; only `y` or `yes` is a yes, and a plain return is a no. Any other answer is asked about once
 * more, and then counts as no. Ctrl+C ends the process with 130, the end of input is a no.
 * Imported with everything else that a command needs, because the package may be replaced during the long wait that can
 * come before a question; only Node's own readline is loaded on demand.
 */
export async function confirm(question: string, { input, output, interrupted }: Prompt): Promise<boolean> {
  const { createInterface } = await import('node:readline')
  return new Promise((resolve) => {
    const prompt = createInterface({ input, output })
    let isAnswered = false
    const answered = (isYes: boolean): void => {
      isAnswered = true
      resolve(isYes)
      prompt.close()
    }
    prompt.on('SIGINT', () => {
      isAnswered = true
      output.write(`\n${interrupted}\n`)
      process.exit(EXIT.interrupted)
    })
    prompt.on('close', () => {
      if (!isAnswered) output.write('\nno answer: counts as no\n')
      resolve(false)
    })
    const ask = (again: () => void): void =>
      prompt.question(`${question} [y/N] `, (answer) => {
        const isYes = readAnswer(answer)
        if (isYes === null) again()
        else answered(isYes)
      })
    ask(() => {
      output.write('Please answer y or n.\n')
      ask(() => {
        output.write('That is neither yes nor no, and counts as no.\n')
        answered(false)
      })
    })
  })
}

/** Returns null for an answer that is neither yes nor no. */
function readAnswer(answer: string): boolean | null {
  const text = answer.trim()
  if (/^y(?:es)?$/i.test(text)) return true
  return text === '' || /^no?$/i.test(text) ? false : null
}
