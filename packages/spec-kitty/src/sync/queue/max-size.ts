import { DEFAULT_QUEUE_SIZE, readSettings } from '../settings.js'

/** How many events may wait, and why that is not what `config.toml` says; null if it is. */
export interface MaxSize {
  readonly maxSize: number
  readonly problem: string | null
}

/** Returns the limit of the queue. A configuration that is wrong must not lose events: then the default counts. */
export async function readMaxSize(root: string): Promise<MaxSize> {
  const found = (await readSettings(root, {})).get('sync.max_queue_size')
  if (found.state === 'right') return { maxSize: found.value, problem: null }
  return {
    maxSize: DEFAULT_QUEUE_SIZE,
    problem: `${found.problem}: at most ${DEFAULT_QUEUE_SIZE} events may wait`,
  }
}
