import { setImmediate as nextTurn } from 'node:timers/promises'
import { EXIT } from './exit-codes.js'

export interface Prompt {
  readonly input: NodeJS.ReadableStream & {
    readonly isTTY?: boolean
    readonly setRawMode?: (isRaw: boolean) => unknown
  }
  readonly output: NodeJS.WritableStream
  /** The text that is printed if the user interrupts the question. */
  readonly interrupted: string
}

/**
 * Asks a yes-or-no question. Only `y` or `yes` means yes; an empty answer means no. After any other answer, asks once
 * more; a second such answer means no. Ctrl+C ends the process with 130, and the end of input means no. On a terminal,
 * text that was typed before the question was printed is ignored. Imported with everything else that a command needs,
 * because the package may be replaced during the long wait that can precede a question; only Node's own readline is
 * loaded on demand.
 */
export async function confirm(question: string, { input, output, interrupted }: Prompt): Promise<boolean> {
  const { createInterface } = await import('node:readline')
  const interrupt = interrupting(output, interrupted)
  if ((await discardTyped(input)).includes(CTRL_C)) interrupt()
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
      interrupt()
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

/** Asks for one line, which the terminal does not show. Returns an empty text at the end of input. */
export async function askHidden(question: string, { input, output, interrupted }: Prompt): Promise<string> {
  const { createInterface } = await import('node:readline')
  const { Writable } = await import('node:stream')
  // Readline writes what is typed to its output, and from now on the terminal itself shows nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
  output.write(question)
  return new Promise((resolve) => {
    const interrupt = interrupting(output, interrupted)
    let isInterrupted = false
    prompt.on('SIGINT', () => {
      isInterrupted = true
      interrupt()
    })
    prompt.on('line', (line) => {
      resolve(line)
      prompt.close()
    })
    prompt.on('close', () => {
      if (isInterrupted) return
      output.write('\n')
      resolve('')
    })
  })
}

function interrupting(output: Prompt['output'], interrupted: string): () => never {
  return () => {
    output.write(`\n${interrupted}\n`)
    return process.exit(EXIT.interrupted)
  }
}

const CTRL_C = '\u0003'

/**
 * Reads and returns the pending input of a terminal: it was typed before the user could see the question. In raw mode the
 * terminal also delivers an unfinished line, and Ctrl+C as a character. Two turns of the event loop are enough: reading
 * begins in the first, and all pending input is read before the second ends.
 */
async function discardTyped(input: Prompt['input']): Promise<string> {
  if (input.isTTY !== true) return ''
  let text = ''
  const onData = (chunk: Buffer | string): void => void (text += String(chunk))
  input.setRawMode?.(true)
  input.on('data', onData)
  for (let turn = 0; turn < TURNS; turn++) await nextTurn()
  input.pause()
  input.off('data', onData)
  input.setRawMode?.(false)
  return text
}

/** One more turn than needed, because a stream begins to read only in the turn after it was asked to. */
const TURNS = 3

/** Returns null for an answer that is neither yes nor no. */
function readAnswer(answer: string): boolean | null {
  const text = answer.trim()
  if (/^y(?:es)?$/i.test(text)) return true
  return text === '' || /^no?$/i.test(text) ? false : null
}
