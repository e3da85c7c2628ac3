import { createReadStream, ReadStream } from 'node:fs'
import { Socket } from 'node:net'
import { CommandError } from 'familiar/cli'

/** Standard input. It can be read once. */
interface Input extends AsyncIterable<Uint8Array> {
  readonly isTTY: boolean
}

/** Returns the standard input of the process. Reading it throws `E_INPUT_UNREADABLE` if it cannot be read. */
export function standardInput(stdin: NodeJS.ReadStream): Input {
  return { isTTY: stdin.isTTY, [Symbol.asyncIterator]: () => readAll(stdin) }
}

async function* readAll(stdin: NodeJS.ReadStream): AsyncGenerator<Uint8Array> {
  try {
    yield* source(stdin)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new CommandError('E_INPUT_UNREADABLE', `cannot read stdin: ${why}`, { cause: error })
  }
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
