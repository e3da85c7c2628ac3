// @ts-check
import { runCommand } from './command.mjs'

void runCommand()
