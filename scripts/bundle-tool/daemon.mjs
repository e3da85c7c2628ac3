// @ts-check
import { runDaemon } from './serve.mjs'
import { daemonScope } from './tool.mjs'

void runDaemon(daemonScope() ?? '')
