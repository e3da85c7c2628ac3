import { readSettings } from '../settings-table.js'
import { DEFAULT_QUEUE_SIZE } from '../queue-size-limits.js'

/** The maximum number of waiting events. `problem`: why this is not the value in `config.toml`; null if it is. */
export interface MaxSize {
  readonly maxSize: number
  readonly problem: string | null
}

/** Returns the limit of the queue. If the configuration is wrong, returns the default, so that no event is lost. */
export async function readMaxSize(root: string): Promise<MaxSize> {
  const found = (await readSettings(root, {})).get('sync.max_queue_size')
  if (found.state === 'right') return { maxSize: found.value, problem: null }
  return {
    maxSize: DEFAULT_QUEUE_SIZE,
    problem: `${found.problem}; until it is mended, the default holds: at most ${DEFAULT_QUEUE_SIZE} events may wait`,
  }
}
