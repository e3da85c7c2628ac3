import { existsSync } from 'node:fs'
import type { Io } from 'familiar/cli'
import { cureCommand } from '../cli/cure-file.js'
import { projectHere } from '../daemons/project-directory.js'
import { consentFile, readConsent, whyNoConsent } from './consent-file.js'
import { OPTED_OUT } from './why-types.js'
import { unsafeUrl } from './unsafe-urls.js'
import { WRONG } from './url-text.js'
import {
  describeSetting,
  describeSource,
  SETTING_KEYS,
  type Resolved,
  type Settings,
  type SettingDescription,
  type SettingKey,
  type Source,
  type Wrong,
} from './settings-table.js'
import { inHome } from '../cli/in-home.js'

/** One setting, as `config list` shows it. */
export interface ShownSetting extends SettingDescription {
  readonly key: string
  /** The value; null if it is not set, or is wrong. */
  readonly value: string | number | boolean | null
  readonly source: Source
  readonly wrong: Pick<Wrong, 'code' | 'problem' | 'cure'> | null
}

/** The consent belongs to the project and not to the root, so it is listed only inside a project. */
export const CONSENT_KEY = 'project.consent'

/** Returns every setting in the order of the table and, inside a project, its consent. */
export async function listSettings(
  settings: Settings,
  project: string | null,
): Promise<readonly ShownSetting[]> {
  const all = SETTING_KEYS.map((key) => shown(key, settings))
  return project === null ? all : [...all, await consentOf(project)]
}

function shown(key: SettingKey, settings: Settings): ShownSetting {
  const found: Resolved<ShownSetting['value']> = settings.get(key)
  const { source } = found
  const problem = unsafeUrl(key, settings)
  const unsafe = problem === null ? null : ({ code: 'E_CONFIG_INVALID', problem } as const)
  const wrong = found.state === 'wrong' ? found : unsafe
  return { ...describeSetting(key), key, value: wrong === null ? valueOf(found) : null, source, wrong }
}

function valueOf(found: Resolved<ShownSetting['value']>): ShownSetting['value'] {
  return found.state === 'right' ? found.value : null
}

/** Returns, in one line, the problem with the file that contains the project's consent; null if there is none. */
export async function consentProblem(project: string): Promise<string | null> {
  const consent = await readConsent(project)
  return typeof consent === 'string' ? null : problemOf(project, consent.why)
}

function problemOf(project: string, why: string): string {
  return `${consentFile(project)} cannot be used: ${why}`
}

async function consentOf(project: string): Promise<ShownSetting> {
  const path = consentFile(project)
  const consent = await readConsent(project)
  const isReadable = typeof consent === 'string'
  return {
    key: CONSENT_KEY,
    about: 'whether the events of this project may leave this machine',
    variables: [],
    inFile: null,
    value: isReadable ? consent : null,
    source: existsSync(path) ? { kind: 'file', path, line: null, column: null } : { kind: 'default' },
    wrong: isReadable ? null : { code: 'E_CONFIG_UNREADABLE', problem: problemOf(project, consent.why) },
  }
}

/** Returns a value in the form for people. */
export function textOf({ value, wrong }: ShownSetting): string {
  if (wrong !== null) return wrong.code === 'E_CONFIG_UNREADABLE' ? '(not known)' : WRONG
  return value === null ? '(not set)' : String(value)
}

/** Returns a setting as JSON. `source` is `environment`, `file` or `default`. */
export function jsonOf({ key, about, variables, inFile, value, source, wrong }: ShownSetting): object {
  return {
    key,
    value,
    source: source.kind,
    variable: source.kind === 'environment' ? source.variable : null,
    file: source.kind === 'file' ? source.path : null,
    line: source.kind === 'file' ? source.line : null,
    column: source.kind === 'file' ? source.column : null,
    problem: wrong?.problem ?? null,
    about,
    variables,
    config_key: inFile,
  }
}

export function sourceOf({ source }: ShownSetting): string {
  return describeSource(source)
}

/**
 * Returns the variables and the key by which a user changes the setting. Messages use these instead of the setting's own
 * name.
 */
export function settersOf({ key, variables, inFile }: ShownSetting): string {
  if (key === CONSENT_KEY) return 'sync opt-in'
  return [...variables, ...(inFile === null ? [] : ['config.toml'])].join(', ')
}

/**
 * Returns why events of the project of the working directory would stay, and the command that changes this; null outside a
 * project, or if they may leave.
 */
export async function heldHere(
  io: Pick<Io, 'cwd'>,
): Promise<{ readonly text: string; readonly command: string } | null> {
  const project = projectHere(io)
  const consent = project === null ? 'yes' : await readConsent(project)
  if (project === null || consent === 'yes') return null
  const optIn = inHome`spec-kitty sync opt-in`
  if (consent === 'no') {
    const why = await whyNoConsent(project)
    if (why === OPTED_OUT) return { text: `this project ${OPTED_OUT}`, command: optIn }
    return { text: why === null ? 'this project has not' : `this project has not, ${why}`, command: optIn }
  }
  const cure = cureCommand(consentFile(project), consent.why) ?? 'spec-kitty explain consent_unreadable'
  return {
    text: problemOf(project, consent.why),
    command: consent.isMendable === true ? optIn : cure,
  }
}
