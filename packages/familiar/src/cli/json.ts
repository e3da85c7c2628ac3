import type { Io } from './io.js'
import { HIDDEN_CONTROLS } from './printable.js'

/** The version of every document, of one about a failure too. */
export const SCHEMA_VERSION = 3

/** Control characters that `JSON.stringify` leaves as they are: it escapes only C0 controls. */
const HIDDEN = new RegExp(`[${HIDDEN_CONTROLS}]`, 'g')

/** Prints one JSON document. */
export function printJson(document: object, io: Pick<Io, 'out'>): void {
  io.out(formatJson({ schema_version: SCHEMA_VERSION, ...document }))
}

/** Returns a JSON document that is safe to show on a terminal: every control character is escaped. */
export function formatJson(document: object): string {
  return `${escapeControls(JSON.stringify(document, null, 2))}\n`
}

function escapeControls(json: string): string {
  return json.replaceAll(HIDDEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * Prints a document whose last member is a list of the lines of a text. The text comes in pieces and may be larger than
 * memory: each piece is read only after the piece before it has been handed to the operating system.
 */
export async function printJsonLines(
  document: object,
  member: string,
  text: AsyncIterable<string> | readonly string[],
  io: Pick<Io, 'out' | 'flushed' | 'isOutputClosed'>,
): Promise<void> {
  const whole = formatJson({ schema_version: SCHEMA_VERSION, ...document, [member]: [] })
  const end = whole.lastIndexOf(']')
  io.out(whole.slice(0, end))
  const list = lineList()
  for await (const piece of text) {
    io.out(list.add(piece))
    await io.flushed()
    if (io.isOutputClosed) return
  }
  io.out(`${list.end()}${whole.slice(end)}`)
}

/** Formats lines as the members of a JSON list; a piece may begin and end in the middle of a line. */
function lineList(): { add(piece: string): string; end(): string } {
  let isFirst = true
  let isInLine = false
  const begin = (): string => {
    if (isInLine) return ''
    const separator = isFirst ? '' : ','
    isFirst = false
    isInLine = true
    return `${separator}\n    "`
  }
  const close = (): string => {
    if (!isInLine) return ''
    isInLine = false
    return '"'
  }
  const part = (text: string): string => `${begin()}${escapeControls(JSON.stringify(text)).slice(1, -1)}`
  return {
    add: (piece) => {
      const [first = '', ...others] = piece.split('\n')
      const started = first === '' && others.length === 0 ? '' : part(first)
      const rest = others.map((text, index) => {
        const isUnbegun = index === others.length - 1 && text === ''
        return `${close()}${isUnbegun ? '' : part(text)}`
      })
      return `${started}${rest.join('')}`
    },
    end: () => `${close()}${isFirst ? '' : '\n  '}`,
  }
}
