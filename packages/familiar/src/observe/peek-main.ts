/**
 * The process in which paths are read that somebody else named: peek requests as JSON on stdin, replies as JSON on
 * stdout. When the file system behind such a path hangs, this process hangs, and the one that asked goes on.
 */
import { readFileSync, writeSync } from 'node:fs'
import { peek, type PeekRequest } from './peek.js'

const requests = JSON.parse(readFileSync(0, 'utf8')) as readonly PeekRequest[]
writeSync(1, JSON.stringify(requests.map(peek)))
