/** One claim that is tested: a set of trials determined by a seed and a size. */
export interface Part {
  /** The name on the command line, such as `kill-safety`. */
  readonly id: string
  /** The claim, in one sentence. */
  readonly title: string
  /** Runs all trials. Rejects only if the trials could not be run. A failed trial is a failure in the result. */
  readonly run: (order: Order) => Promise<Result>
}

export interface Order {
  /** The seed of all random choices. */
  readonly seed: number
  /** `full` gives the figures in the docs; `short` takes a few seconds, for `npm test`. */
  readonly size: 'full' | 'short'
  /** How many trials to run; null for the default number of the size. */
  readonly trials: number | null
  /** Prints one line of progress. */
  readonly say: (line: string) => void
}

export interface Result {
  readonly figures: readonly Figure[]
  readonly failures: readonly Failure[]
}

/** One line of the table that is printed and stored in the docs. */
export interface Figure {
  readonly what: string
  readonly value: number | string
  /** For example `0` or `>= 1000`; empty for a figure without a goal. */
  readonly goal: string
  readonly met: boolean
}

export interface Failure {
  /** Identifies the trial, so that it can be run again. */
  readonly trial: string
  /** What was expected and what was seen. */
  readonly why: string
}
