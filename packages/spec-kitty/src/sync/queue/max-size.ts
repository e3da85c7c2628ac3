import { join } from 'node:path'
import { countOf } from 'familiar/cli'
import { readConfig } from '../config.js'

export const DEFAULT_MAX_QUEUE_SIZE = 100_000

/** How many events may wait, and why that is not what `config.toml` says; null if it is. */
export interface MaxSize {
  readonly maxSize: number
  readonly problem: string | null
}

/** Returns the limit of the queue. A configuration that cannot be read must not lose events: then the default counts. */
export async function readMaxSize(root: string): Promise<MaxSize> {
  const config = await readConfig(root)
  if (config.state === 'unreadable') {
    return byDefault(`${config.path} cannot be read (${config.why})`)
  }
  const set = config.state === 'readable' ? config.sync['max_queue_size'] : undefined
  if (set === undefined) return { maxSize: DEFAULT_MAX_QUEUE_SIZE, problem: null }
  const maxSize = countOf(set)
  if (maxSize !== null) return { maxSize, problem: null }
  return byDefault(`max_queue_size in ${join(root, 'config.toml')} must be a whole number`)
}

function byDefault(why: string): MaxSize {
  return {
    maxSize: DEFAULT_MAX_QUEUE_SIZE,
    problem: `${why}: at most ${DEFAULT_MAX_QUEUE_SIZE} events may wait`,
  }
}
