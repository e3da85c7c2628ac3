import { readFileSync } from 'node:fs'

import { FamiliarError } from '../../../src/errors.js'
import type { RunTool, ToolOptions } from '../../../src/observe/platform/run-tool.js'

/** Returns the text of a fixture, as a tool printed it. */
export function captured(path: string): string {
  return readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8')
}

export interface Call {
  readonly file: string
  readonly args: readonly string[]
  readonly options: ToolOptions
}

/** A runner that answers with the text whose key is the end of the tool's path, and keeps what it was asked. */
export function replay(answers: Readonly<Record<string, string | FamiliarError>>): {
  readonly run: RunTool
  readonly calls: Call[]
} {
  const calls: Call[] = []
  const run: RunTool = async (file, args, options) => {
    calls.push({ file, args, options })
    const answer = Object.entries(answers).find(([name]) => file.endsWith(name))?.[1]
    if (typeof answer === 'string') return answer
    throw answer ?? new Error(`no answer for ${file}`)
  }
  return { run, calls }
}

/** A deadline that a test never reaches. */
export function soon(): AbortSignal {
  return AbortSignal.timeout(5000)
}

/** What the runner throws when a tool cannot be used. */
export function unavailable(tool: string): FamiliarError {
  return new FamiliarError('E_LOOK_FAILED', `${tool}: not found on this machine`)
}
