import { EXIT } from './exit-codes.js'

export interface Prompt {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  /** What is printed if the user interrupts the question. */
  readonly interrupted: string
}

/** An answer to a question about one of several things. `all` and `quit` are a yes and a no to it and to all that follow. */
export type Choice = 'yes' | 'no' | 'all' | 'quit'

/** The answers that a question offers, what is said about them, and what the end of input counts as. */
interface Offer<T extends Choice> {
  readonly shown: string
  readonly wanted: string
  readonly isNone: string
  readonly answers: readonly T[]
  readonly atEnd: T
}

const YES_OR_NO: Offer<'yes' | 'no'> = {
  shown: '[y/N]',
  wanted: 'y or n',
  isNone: 'That is neither yes nor no',
  answers: ['yes', 'no'],
  atEnd: 'no',
}

const ONE_OF_SEVERAL: Offer<Choice> = {
  shown: '[y/N/all/quit]',
  wanted: 'y, n, all or quit',
  isNone: 'That is none of them',
  answers: ['yes', 'no', 'all', 'quit'],
  atEnd: 'quit',
}

/** A plain return is a no. */
const TYPED: Readonly<Record<Choice, RegExp>> = {
  yes: /^y(?:es)?$/i,
  no: /^(?:no?)?$/i,
  all: /^a(?:ll)?$/i,
  quit: /^q(?:uit)?$/i,
}

/**
 * Asks a yes-or-no question; only `y` or `yes` is a yes, and a plain return is a no. Any other answer is asked about once
 * more, and then counts as no. Ctrl+C ends the process with 130, the end of input is a no.
 * Imported with everything else that a command needs, because the package may be replaced during the long wait that can
 * come before a question; only Node's own readline is loaded on demand.
 */
export async function confirm(question: string, prompt: Prompt): Promise<boolean> {
  return (await ask(question, YES_OR_NO, prompt)) === 'yes'
}

/** Like `confirm`, about one of several things. The end of input counts as `quit`: no later question would be answered. */
export async function choose(question: string, prompt: Prompt): Promise<Choice> {
  return ask(question, ONE_OF_SEVERAL, prompt)
}

async function ask<T extends Choice>(
  question: string,
  { shown, wanted, isNone, answers, atEnd }: Offer<T | 'no'>,
  { input, output, interrupted }: Prompt,
): Promise<T | 'no'> {
  const { createInterface } = await import('node:readline')
  return new Promise((resolve) => {
    const prompt = createInterface({ input, output })
    let isAnswered = false
    const answered = (answer: T | 'no'): void => {
      isAnswered = true
      resolve(answer)
      prompt.close()
    }
    prompt.on('SIGINT', () => {
      isAnswered = true
      output.write(`\n${interrupted}\n`)
      process.exit(EXIT.interrupted)
    })
    prompt.on('close', () => {
      if (!isAnswered) output.write(`\nno answer: counts as ${atEnd}\n`)
      resolve(isAnswered ? 'no' : atEnd)
    })
    const askOnce = (again: () => void): void =>
      prompt.question(`${question} ${shown} `, (typed) => {
        const answer = answers.find((one) => TYPED[one].test(typed.trim()))
        if (answer === undefined) again()
        else answered(answer)
      })
    askOnce(() => {
      output.write(`Please answer ${wanted}.\n`)
      askOnce(() => {
        output.write(`${isNone}, and counts as no.\n`)
        answered('no')
      })
    })
  })
}
