import { EXIT, loadExplanations, parseCommand, type Io } from 'familiar/cli'
import { COMPLETION } from '../cli/describe/tool.js'
import { completionModel } from '../cli/completion/model.js'
import { bashScript } from '../cli/completion/bash.js'
import { fishScript } from '../cli/completion/fish.js'
import { zshScript } from '../cli/completion/zsh.js'
import { EXPLAINED } from '../doctor/explain/explanations.js'
import { CONSENT_KEY } from '../sync/list-settings.js'
import { describeSetting, SETTING_KEYS } from '../sync/settings-table.js'
import { VERSION } from '../version.js'

const OF_PROJECT = [CONSENT_KEY, 'whether the events of this project may leave this machine'] as const

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

/** Prints the script that makes a shell complete the commands of this tool. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { operands } = parseCommand(COMPLETION, args, { command: 'completion' })
  const shell = operands[0] as keyof typeof SCRIPTS
  // An id of several words cannot be completed word by word.
  const ids = (await loadExplanations(EXPLAINED)).filter(({ id }) => !id.includes(' '))
  const model = await completionModel({
    explain: ids.map(({ id, summary }) => [id, summary]),
    'config get': [...SETTING_KEYS.map((key) => [key, describeSetting(key).about] as const), OF_PROJECT],
  })
  io.out(SCRIPTS[shell](model, VERSION))
  return EXIT.ok
}
