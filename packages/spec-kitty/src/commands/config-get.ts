import {
  didYouMean,
  EXIT,
  nearest,
  note,
  parseCommand,
  printable,
  printJson,
  UsageError,
  warn,
  type Io,
} from 'familiar/cli'
import { CONFIG_GET } from '../cli/describe/config.js'
import { inHome } from '../cli/in-home.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { projectHere } from '../daemons/project-directory.js'
import { sessionServer } from '../sync/gate-session.js'
import { CONSENT_KEY, jsonOf, listSettings, sourceOf, type ShownSetting } from '../sync/list-settings.js'
import { wrongSetting } from '../sync/require-setting.js'
import { readSettings, SETTING_KEYS } from '../sync/settings-table.js'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, operands } = parseCommand(CONFIG_GET, args, { command: 'config get' })
  const [key = ''] = operands
  const root = runtimeRoot(io)
  const all = await listSettings(await readSettings(root, io.env), projectHere(io))
  const found = all.find((one) => one.key === key)
  if (found === undefined) throw unknown(key)
  if (found.wrong !== null) throw wrongSetting(found.wrong)
  print(found, root, values.json, io)
  return found.value === null ? EXIT.problem : EXIT.ok
}

/** Without a setting for the server, that of the session counts, which is no setting. */
function insteadOf({ key }: ShownSetting, root: string): string {
  const server = key === 'sync.server_url' ? sessionServer(root) : null
  return server === null
    ? ''
    : inHome`: events go to the server of the session, ${server} (spec-kitty auth status)`
}

function unknown(key: string): UsageError {
  const known = [...SETTING_KEYS, CONSENT_KEY]
  if (key === CONSENT_KEY) return new UsageError(`${CONSENT_KEY} is known only inside of a project`)
  const near = meant(key, known)
  const help = near.length > 0 ? didYouMean(near) : `: it must be one of ${known.join(', ')}`
  return new UsageError(`there is no setting '${key}'${help}`)
}

/** The key may lack the part before its point, as in config.toml. */
function meant(key: string, known: readonly string[]): readonly string[] {
  const byName = new Map(known.map((one) => [one.split('.').at(-1) ?? one, one]))
  return [...new Set(nearest(key, [...known, ...byName.keys()]).map((one) => byName.get(one) ?? one))]
}

function print(found: ShownSetting, root: string, isJson: boolean, io: Io): void {
  if (isJson) return printJson(jsonOf(found), io)
  if (found.value === null) return warn(io, `${found.key} is not set${insteadOf(found, root)}`)
  io.out(`${printable(String(found.value))}\n`)
  note(io, `from: ${sourceOf(found)}`)
}
