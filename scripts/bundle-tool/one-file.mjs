// @ts-check
import { runCommand } from './command.mjs'
import { runDaemon } from './serve.mjs'
import { tool } from './tool.mjs'

void (tool.isDaemonProcess ? runDaemon() : runCommand())
