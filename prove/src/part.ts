/** One claim that is proven: a set of trials that follows from a seed and a size. */
export interface Part {
  /** The name on the command line, such as `kill-safety`. */
  readonly id: string
  /** The claim, in one sentence. */
  readonly title: string
  /** Runs all trials. Rejects only if the trials could not be run. A trial that fails is a failure in the result. */
  readonly run: (order: Order) => Promise<Result>
}

export interface Order {
  /** All random choices follow from it. */
  readonly seed: number
  /** `full` is what the figures in the docs come from; `short` takes a few seconds, for `npm test`. */
  readonly size: 'full' | 'short'
  /** How many trials to run; null for the number that belongs to the size. */
  readonly trials: number | null
  /** Prints one line of progress. */
  readonly say: (line: string) => void
}

export interface Result {
  readonly figures: readonly Figure[]
  readonly failures: readonly Failure[]
}

/** One line of the table that is printed and kept in the docs. */
export interface Figure {
  readonly what: string
  readonly value: number | string
  /** For example `0` or `>= 1000`; empty for a figure without a goal. */
  readonly goal: string
  readonly met: boolean
}

export interface Failure {
  /** Names the trial, so that it can be run again. */
  readonly trial: string
  /** What was expected and what was seen. */
  readonly why: string
}
