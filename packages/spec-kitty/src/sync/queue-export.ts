import { closeSync, constants, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { CommandError, writeHint, type Io } from 'familiar/cli'

const NOFOLLOW = constants.O_NOFOLLOW ?? 0

/** The amount of text that is written at once. */
const WRITE_CHARS = 256 * 1024

/**
 * Writes the envelopes, one per line, into a new file (0600), which is on disk when this returns. With `-`, writes them
 * to stdout. Returns the number of envelopes; if there are none, no file is left. Throws `E_EXPORT_FAILED` if the file
 * already exists or cannot be written; in the second case, no file is left either.
 */
export async function exportLines(
  envelopes: AsyncIterable<string>,
  file: string,
  io: Pick<Io, 'out' | 'flushed' | 'isOutputClosed'>,
): Promise<number> {
  return file === '-' ? toStdout(envelopes, io) : toFile(envelopes, file)
}

/** Control characters are written as JSON escapes, because stdout would replace them. */
const CONTROLS = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

function escapeControl(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

async function toStdout(
  envelopes: AsyncIterable<string>,
  io: Pick<Io, 'out' | 'flushed' | 'isOutputClosed'>,
): Promise<number> {
  let total = 0
  for await (const { text, lines } of chunks(envelopes)) {
    io.out(text.replaceAll(CONTROLS, escapeControl))
    await io.flushed()
    if (io.isOutputClosed) break
    total += lines
  }
  return total
}

async function toFile(envelopes: AsyncIterable<string>, file: string): Promise<number> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW
  let descriptor: number | null = null
  try {
    descriptor = openSync(file, flags, 0o600)
    let total = 0
    for await (const { text, lines } of chunks(envelopes)) {
      writeWhole(descriptor, Buffer.from(text))
      total += lines
    }
    if (total === 0) rmSync(file, { force: true })
    else fsyncSync(descriptor)
    return total
  } catch (error) {
    if (descriptor !== null) rmSync(file, { force: true })
    throw failure(error, file)
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

/** Writes all bytes, because a single write may write only a part of them. */
function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done)
}

function failure(error: unknown, file: string): unknown {
  const { code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  if (code === undefined || error instanceof CommandError) return error
  const why = code === 'EEXIST' ? 'it exists already' : code
  return new CommandError('E_EXPORT_FAILED', `cannot write ${file}: ${why}`, {
    hint: code === 'EEXIST' ? 'name a new file' : writeHint(dirname(file), code),
    cause: error,
  })
}

/** Turns JSON that is written over several lines into one line. Outside its strings, a line break is only a blank. */
function lineOf(envelope: string): string {
  return `${envelope.replaceAll(/[\r\n]/g, ' ')}\n`
}

async function* chunks(
  envelopes: AsyncIterable<string>,
): AsyncGenerator<{ readonly text: string; readonly lines: number }> {
  let text = ''
  let lines = 0
  for await (const envelope of envelopes) {
    text += lineOf(envelope)
    lines += 1
    if (text.length < WRITE_CHARS) continue
    yield { text, lines }
    text = ''
    lines = 0
  }
  if (lines > 0) yield { text, lines }
}
