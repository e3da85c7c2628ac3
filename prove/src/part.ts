/** One thing that is proven: a set of trials that is decided by a seed and a size. */
export interface Part {
  /** As on the command line, for example `kill-safety`. */
  readonly id: string
  /** What is shown, in one sentence. */
  readonly title: string
  /** Does all trials. Rejects only where the trials could not be done; a trial that fails is a failure of the result. */
  readonly run: (order: Order) => Promise<Result>
}

export interface Order {
  /** Every random choice follows from it. */
  readonly seed: number
  /** `full` is what the figures in the docs come from; `short` takes a few seconds, for `npm test`. */
  readonly size: 'full' | 'short'
  /** How many trials; null for as many as the size means. */
  readonly trials: number | null
  /** Shows one line of progress. */
  readonly say: (line: string) => void
}

export interface Result {
  readonly figures: readonly Figure[]
  readonly failures: readonly Failure[]
}

/** One line of the table that is printed and stands in the docs. */
export interface Figure {
  readonly what: string
  readonly value: number | string
  /** For example `0` or `>= 1000`; empty where it is only counted. */
  readonly goal: string
  readonly met: boolean
}

export interface Failure {
  /** Names the trial, so that it can be run again. */
  readonly trial: string
  /** What was expected and what was seen. */
  readonly why: string
}
