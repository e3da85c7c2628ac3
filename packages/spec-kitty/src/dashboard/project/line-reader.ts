/** What is known about a line that is too long to be read. */
export interface LongLine {
  /** The package that it is about; null if that is unknown. */
  readonly wp: string | null
  readonly is_annotation: boolean
}

/** Takes the lines of one file one by one, so that the whole file need not be in memory. */
export interface LineReader {
  /** Counts lines that are read by other code. */
  skip(lines: number): void
  /** Takes a line without its newline. */
  line(text: string): void
  /** Counts a line that is too long to be read, as a problem. */
  longLine(about: LongLine): void
  /** Takes the text after the last newline. Part of an object is never valid JSON, so text that parses is complete. */
  rest(text: string): void
  /** Reports that the beginning of the file was left out. */
  cut(what: string): void
  /** Reports that the file could not be read. */
  unread(what: string): void
}
