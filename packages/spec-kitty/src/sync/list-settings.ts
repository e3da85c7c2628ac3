import type { Io } from 'familiar/cli'
import { consentFile, readConsent } from './consent.js'
import {
  aboutSetting,
  describeSource,
  SETTING_KEYS,
  type Resolved,
  type Settings,
  type Source,
} from './settings.js'

/** One setting, as `config list` shows it. */
export interface ShownSetting {
  readonly key: string
  readonly about: string
  /** Null if it is not set, or wrong. */
  readonly value: string | number | boolean | null
  readonly source: Source
  /** What is wrong with it: one line. */
  readonly problem: string | null
}

/** The consent is the project's, not the root's: it is shown where there is a project. */
export const CONSENT_KEY = 'project.consent'

/** Returns every setting in the order of the table and, inside of a project, its consent. */
export async function listSettings(
  settings: Settings,
  project: string | null,
): Promise<readonly ShownSetting[]> {
  const all = SETTING_KEYS.map((key) => shown(key, aboutSetting(key), settings.get(key)))
  return project === null ? all : [...all, await consentOf(project)]
}

function shown(key: string, about: string, found: Resolved<string | number | boolean | null>): ShownSetting {
  return found.state === 'right'
    ? { key, about, value: found.value, source: found.source, problem: null }
    : { key, about, value: null, source: found.source, problem: found.problem }
}

async function consentOf(project: string): Promise<ShownSetting> {
  const path = consentFile(project)
  const consent = await readConsent(project)
  const isReadable = typeof consent === 'string'
  return {
    key: CONSENT_KEY,
    about: 'whether the events of this project may leave this machine',
    value: isReadable ? consent : null,
    source: { kind: 'file', path, line: null },
    problem: isReadable ? null : `${path} cannot be used: ${consent.why}`,
  }
}

/** As a person reads it. */
export function textOf({ value, problem }: ShownSetting): string {
  if (problem !== null) return '(wrong)'
  return value === null ? '(not set)' : String(value)
}

/** As JSON. `source` is `environment`, `file` or `default`. */
export function jsonOf({ key, about, value, source, problem }: ShownSetting): object {
  return {
    key,
    value,
    source: source.kind,
    variable: source.kind === 'environment' ? source.variable : null,
    file: source.kind === 'file' ? source.path : null,
    line: source.kind === 'file' ? source.line : null,
    problem,
    about,
  }
}

export function sourceOf({ source }: ShownSetting): string {
  return describeSource(source)
}

/** Returns the project of the working directory; null outside of one, and where that directory is gone. */
export function projectHere(io: Pick<Io, 'cwd'>, find: (io: Pick<Io, 'cwd'>) => string): string | null {
  try {
    return find(io)
  } catch {
    return null
  }
}
