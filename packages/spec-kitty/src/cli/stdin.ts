import { createReadStream, ReadStream } from 'node:fs'
import { Socket } from 'node:net'
import { CommandError } from 'familiar/cli'

/** Standard input. It can be read once. */
interface Input extends AsyncIterable<Uint8Array> {
  readonly isTTY: boolean
}

/** Node's code if the system did not answer, for lack of memory for example. */
const UNKNOWN_KIND = 'ERR_INVALID_FD_TYPE'

/**
 * Returns the standard input of the process. Throws `E_INPUT_UNREADABLE` if it cannot be opened, and reading it throws the
 * same. `open`: returns Node's stream, which asks the system on the first access what the input is.
 */
export function standardInput(open: () => NodeJS.ReadStream = () => process.stdin): Input {
  const stdin = readable(open)
  return { isTTY: stdin.isTTY, [Symbol.asyncIterator]: () => readAll(stdin) }
}

function readable(open: () => NodeJS.ReadStream): NodeJS.ReadStream {
  try {
    return open()
  } catch (error) {
    throw unreadable(error)
  }
}

async function* readAll(stdin: NodeJS.ReadStream): AsyncGenerator<Uint8Array> {
  try {
    yield* source(stdin)
  } catch (error) {
    throw unreadable(error)
  }
}

function unreadable(error: unknown): CommandError {
  const { code } = error as NodeJS.ErrnoException
  const why = code === UNKNOWN_KIND ? 'the system does not say what it is' : (code ?? String(error))
  return new CommandError('E_INPUT_UNREADABLE', `cannot read stdin: ${why}`, { cause: error })
}

/**
 * Returns the stream to read. If stdin is of a kind that Node does not know (a directory, a block device),
 * `process.stdin` ends at once, so an error would look like an empty input. Reading it as a file gives the content or the
 * error.
 */
function source(stdin: NodeJS.ReadStream): AsyncIterable<Uint8Array> {
  const isKnown = stdin instanceof Socket || (stdin as unknown) instanceof ReadStream
  return isKnown ? stdin : createReadStream('', { fd: 0, autoClose: false })
}
