/** The default size of the queue. It is also used if the configured size is wrong, so that a publish does not fail. */
export const DEFAULT_QUEUE_SIZE = 100_000

/** The maximum queue size that can be configured: about a terabyte of events. */
export const MAX_QUEUE_SIZE = 1_000_000_000
