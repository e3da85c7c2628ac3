// @ts-check
import { runCommand } from './command.mjs'
import { runDaemon } from './serve.mjs'
import { daemonScope } from './tool.mjs'

const scope = daemonScope()
void (scope === null ? runCommand() : runDaemon(scope))
