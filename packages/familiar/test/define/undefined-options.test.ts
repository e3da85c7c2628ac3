import { expect, it } from 'vitest'
import { defineDaemon, type CleanUpOptions, type DaemonOptions, type ServeSettings } from 'familiar'
import { definitionOf } from 'familiar/internals'
import { checked } from '../../src/define/check-definition.js'

/** The options with `exactOptionalPropertyTypes`: a tool passes on what it has, which may be undefined. */

const DAEMON: Required<{ [name in keyof DaemonOptions]: DaemonOptions[name] | undefined }> & DaemonOptions = {
  name: 'tool',
  entry: undefined,
  version: undefined,
  protocol: undefined,
  buildTime: undefined,
  scope: undefined,
  scopeKind: undefined,
  ports: undefined,
  idleTimeoutSeconds: undefined,
  drainTimeoutSeconds: undefined,
  maxBodyBytes: undefined,
  env: undefined,
  execArgv: undefined,
  files: undefined,
  tokenDirectory: undefined,
  health: undefined,
  predecessors: undefined,
  siblings: undefined,
  commandLine: undefined,
  words: { title: undefined, command: undefined, reasonNames: undefined },
}

const SERVE: ServeSettings = {
  public: undefined,
  pages: undefined,
  health: undefined,
  work: undefined,
  version: undefined,
  foreground: { port: undefined, onReady: () => undefined, onFailure: () => undefined, exit: undefined },
}

const CLEAN_UP: CleanUpOptions = { force: undefined, port: undefined, dryRun: undefined, seen: undefined }

it('a definition whose options are undefined is one without them', () => {
  const [given, bare] = [defineDaemon(DAEMON), defineDaemon({ name: 'tool' })]
  const textOf = (daemon: typeof bare): string => {
    const { words, commandLine, timing, isProject } = definitionOf(daemon)
    return JSON.stringify([words, commandLine, timing, isProject, daemon.ports, daemon.scope])
  }
  expect(textOf(given)).toBe(textOf(bare))
  expect(definitionOf(given).words.title).toBe('tool daemon')
})

it('and so are those of a call', () => {
  expect(checked('serve', SERVE)).toBe(SERVE)
  expect(checked('serve', { foreground: undefined })).toEqual({ foreground: undefined })
  expect(checked('cleanUp', CLEAN_UP)).toBe(CLEAN_UP)
})
