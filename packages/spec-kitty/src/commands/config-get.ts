import { EXIT, note, printable, printJson, UsageError, type Io } from 'familiar/cli'
import { readArguments } from '../cli/arguments.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import {
  CONSENT_KEY,
  jsonOf,
  listSettings,
  projectHere,
  sourceOf,
  type ShownSetting,
} from '../sync/list-settings.js'
import { readSettings, SETTING_KEYS, wrongSetting } from '../sync/settings.js'

export const help = `Usage: spec-kitty config get KEY [--json]

Prints the value of one setting, and on stderr where it comes from. 'spec-kitty config list' shows
every KEY.

Options:
  --json   print one JSON document
  --help   show this

Examples:
  spec-kitty config get sync.server_url
  spec-kitty config get sync.max_queue_size --json

Exit codes: 0 printed; 1 it is not set; 2 wrong usage, an unknown KEY, or the value is wrong.
`

/** Prints one setting. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArguments(args, { json: { type: 'boolean', default: false } })
  const [key, more] = positionals
  if (key === undefined || more !== undefined) throw new UsageError('config get needs one KEY')
  const all = await listSettings(await readSettings(runtimeRoot(io), io.env), projectHere(io))
  const found = all.find((one) => one.key === key)
  if (found === undefined) throw unknown(key)
  if (found.wrong !== null) throw wrongSetting(found.wrong)
  print(found, values.json, io)
  return found.value === null ? EXIT.problem : EXIT.ok
}

function unknown(key: string): UsageError {
  const known = [...SETTING_KEYS, CONSENT_KEY]
  if (key === CONSENT_KEY) return new UsageError(`${CONSENT_KEY} is known only inside of a project`)
  return new UsageError(`there is no setting '${key}': it must be one of ${known.join(', ')}`)
}

function print(found: ShownSetting, isJson: boolean, io: Io): void {
  if (isJson) return printJson(jsonOf(found), io)
  if (found.value === null) return note(io, `${found.key} is not set`)
  io.out(`${printable(String(found.value))}\n`)
  note(io, `from: ${sourceOf(found)}`)
}
