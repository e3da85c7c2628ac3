// @ts-check
import { runDaemon } from './serve.mjs'

void runDaemon()
