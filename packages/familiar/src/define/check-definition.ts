import { FamiliarError } from '../errors.js'
import type { PortRange } from '../identity/machine.js'
import type { DaemonOptions } from './options.js'

/** 24 days: a timer of Node takes hardly more. */
const MOST_SECONDS = 24 * 24 * 60 * 60

const LIMITS = [
  ['idleTimeoutSeconds', MOST_SECONDS],
  ['drainTimeoutSeconds', MOST_SECONDS],
  ['maxBodyBytes', Number.MAX_SAFE_INTEGER],
] as const

const NAME = /^[a-z][a-z0-9-]{0,39}$/

/** Throws `E_DEFINITION_INVALID` with one sentence about the first mistake in the definition. */
export function assertDefinition(options: DaemonOptions): void {
  const { name, protocol, ports, execArgv = [], commandLine, predecessors = [] } = options
  if (typeof name !== 'string' || !NAME.test(name))
    throw invalid(
      'defineDaemon',
      `name must be of lower-case letters, digits and hyphens, at most 40, not ${shown(name)}`,
    )
  if (protocol !== undefined && !(Number.isInteger(protocol) && protocol > 0))
    throw invalid('defineDaemon', `protocol must be a whole number above 0, not ${shown(protocol)}`)
  if (ports !== undefined && !isRange(ports))
    throw invalid('defineDaemon', 'ports must be { from, to } with 1024 <= from < to <= 65536')
  for (const [key, most] of LIMITS) {
    const value = options[key]
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value <= most))
      throw invalid('defineDaemon', `${key} must be a number from 0 to ${most}, not ${shown(value)}`)
  }
  const word = execArgv.find((option) => !option.startsWith('-'))
  if (word !== undefined)
    throw invalid(
      'defineDaemon',
      `execArgv: write an option and its value as one word (--import=tsx), not ${shown(word)}`,
    )
  if (commandLine !== undefined && !/^--[a-z][a-z0-9-]*=$/.test(commandLine.scopeFlag))
    throw invalid(
      'defineDaemon',
      `commandLine.scopeFlag must have the form --flag=, not ${shown(commandLine.scopeFlag)}`,
    )
  if (commandLine !== undefined && !/^[\w-]+$/.test(commandLine.role))
    throw invalid('defineDaemon', `commandLine.role must be one word, not ${shown(commandLine.role)}`)
  const odd = predecessors.find(({ healthPath = '/' }) => !/^\/[!-~]*$/.test(healthPath))
  if (odd !== undefined)
    throw invalid(
      'defineDaemon',
      `healthPath must be a path that begins with /, not ${shown(odd.healthPath)}`,
    )
}

/** Returns the error for a mistake of the tool's author, not of its user: in the call of this function. */
export function invalid(call: string, what: string): FamiliarError {
  return new FamiliarError('E_DEFINITION_INVALID', `${call}: ${what}`, {
    hint: `correct the call of ${call}`,
  })
}

function isRange({ from, to }: PortRange): boolean {
  return Number.isInteger(from) && Number.isInteger(to) && from >= 1024 && from < to && to <= 65_536
}

/** Returns any value as one short line, for the message of an error. */
export function shown(value: unknown): string {
  const { inspect } = process.getBuiltinModule('node:util')
  const text = inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 80, maxArrayLength: 3 })
  return oneLine(text).slice(0, 120)
}

/** Returns a text without line breaks: every message of an error is one line. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n\u2028\u2029]+\s*/g, ' ')
}
