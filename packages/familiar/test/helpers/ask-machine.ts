import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { inject } from 'vitest'

export const ASKER = join(inject('processes'), 'ask-machine.mjs')

/** What the process answered, and how it ended. */
export interface Told {
  /** Undefined where it said nothing. */
  readonly answer: unknown
  readonly status: number | null
  readonly stderr: string
}

/** Asks the built library a question in a process of its own, which this prefix starts. Never throws for what that says. */
export function ask(
  prefix: readonly string[],
  question: string,
  ...args: readonly (string | number)[]
): Told {
  const [command = '', ...all] = [...prefix, process.execPath, ASKER, question, ...args.map(String)]
  const { stdout, stderr, status } = spawnSync(command, all, { encoding: 'utf8' })
  return { answer: stdout === '' ? undefined : (JSON.parse(stdout) as unknown), status, stderr }
}

/** Returns what the library answered. Throws where the process said nothing. */
export function answerOf(
  prefix: readonly string[],
  question: string,
  ...args: readonly (string | number)[]
): unknown {
  const { answer, stderr } = ask(prefix, question, ...args)
  if (answer === undefined) throw new Error(stderr)
  return answer
}
