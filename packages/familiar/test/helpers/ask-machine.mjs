// @ts-check
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { devNull } from 'node:os'
/**
 * Asks the built library about the machine, from wherever it is run, and says as JSON what it answered, or the code of the
 * error: `ask-machine.mjs QUESTION ARGUMENT...`. What it needs is loaded where an error can be reported.
 */

const [, , question = '', ...args] = process.argv

const platform = async () => (await import('../../dist/observe/platform/select.js')).selectPlatform()

/** @type {Record<string, () => Promise<unknown>>} */
const questions = {
  select: async () => (await platform()).name,
  host: async () => (await platform()).host(),
  /** What this process says of its machine, twice. */
  hosts: async () => {
    const { host } = await platform()
    return [{ ...(await host()) }, { ...(await host()) }]
  },
  /** The processes with these pids: those that exist. */
  inspect: async () => {
    const views = await (await platform()).inspect(args.map(Number), AbortSignal.timeout(20_000))
    return [...views.values()]
  },
  /** Who holds the lock on this file. */
  holder: async () => (await platform()).lockHolder(args[0] ?? '', null, []),
  /** The verdict on each listener: a root, the first port and the one behind the last. */
  scan: async () => {
    const [root, from, to] = args
    const { daemonFamily } = await import('../fixtures/processes/daemon-family.mjs')
    const family = daemonFamily({ from: Number(from), to: Number(to) })
    const { scan } = await import('../../dist/observe/scan.js')
    const { candidates } = await scan(family, root ?? '', await platform(), 20_000)
    return candidates.map(({ observation, verdict }) => [observation.port, observation.pid, verdict.rule])
  },
  /** The same as `scan`, with this many descriptors left and one more each time; the first with as many as there are. */
  lack: async () => {
    const most = Number(args[3])
    const outcomes = [await outcomeOf('scan')]
    for (let left = 0; left <= most; left++) {
      const opened = useUp(left)
      outcomes.push(await outcomeOf('scan'))
      for (const descriptor of opened) closeSync(descriptor)
    }
    return outcomes
  },
  /** What a tool that is missing fails with, if the time for it is over in the turn in which it is asked. */
  missing: async () => {
    const { runTool } = await import('../../dist/observe/platform/run-tool.js')
    const time = new AbortController()
    const running = runTool('/nowhere/lsof', [], { deadline: time.signal })
    time.abort()
    return running
  },
  /** What a tool and the reader of scopes say if the process group of this process gets SIGINT while they run. */
  group: async () => {
    const { runTool } = await import('../../dist/observe/platform/run-tool.js')
    const { ScopeReader } = await import('../../dist/observe/read-scopes-in-child.js')
    const { daemonFamily } = await import('../fixtures/processes/daemon-family.mjs')
    const reader = new ScopeReader()
    reader.prepare()
    const script = "setTimeout(() => console.log('seen'), 300)"
    const running = runTool(process.execPath, ['-e', script], { deadline: AbortSignal.timeout(60_000) })
    const told = running.catch((/** @type {Error} */ error) => error.message)
    process.on('SIGINT', () => undefined)
    process.kill(0, 'SIGINT')
    const scopes = await reader.read(daemonFamily({ from: 0, to: 0 }), args, [], 60_000)
    return { tool: await told, areLate: [...scopes.values()].map(({ isLate }) => isLate === true) }
  },
  /** The pid of a tool that would run for ever, when this process is about to exit. */
  left: async () => {
    const { runTool } = await import('../../dist/observe/platform/run-tool.js')
    const script =
      "require('node:fs').writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000)"
    const path = args[0] ?? ''
    void runTool(process.execPath, ['-e', script, path], { deadline: AbortSignal.timeout(60_000) })
    while (!existsSync(path) || readFileSync(path, 'utf8') === '')
      await new Promise((resolve) => setTimeout(resolve, 10))
    return Number(readFileSync(path, 'utf8'))
  },
  /** What is known of these scopes within so many milliseconds. */
  scopes: async () => {
    const [ms, ...scopes] = args
    const { daemonFamily } = await import('../fixtures/processes/daemon-family.mjs')
    const { ScopeReader } = await import('../../dist/observe/read-scopes-in-child.js')
    const family = daemonFamily({ from: 0, to: 0 })
    return [...(await new ScopeReader().read(family, scopes, [], Number(ms))).values()]
  },
  /** Which of these paths are known within so many milliseconds to have been removed. */
  removed: async () => {
    const [ms, ...paths] = args
    const { removedSince } = await import('../../dist/observe/read-scopes-in-child.js')
    const removals = paths.map((path) => ({ path, sinceMs: null }))
    return [...(await removedSince(removals, Number(ms)))]
  },
  /** How many descriptors are lost if a start of this kind is tried with so many left; -1: with all of them. */
  lost: async () => {
    const start = starts[args[0] ?? '']
    // What the first start opens for all of them stays open.
    await start?.()
    const before = readdirSync('/proc/self/fd').length
    const opened = args[1] === '-1' ? [] : useUp(Number(args[1]))
    await start?.()
    for (const descriptor of opened) closeSync(descriptor)
    return readdirSync('/proc/self/fd').length - before
  },
}

/** @type {Record<string, () => Promise<unknown>>} */
const starts = {
  /** Ends the child in the same turn in which its start may fail. */
  reader: async () => {
    const { ScopeReader } = await import('../../dist/observe/read-scopes-in-child.js')
    const reader = new ScopeReader()
    reader.prepare()
    await reader.close()
  },
  tool: async () => {
    const { runTool } = await import('../../dist/observe/platform/run-tool.js')
    await runTool('true', [], { deadline: AbortSignal.timeout(20_000) }).catch(() => null)
  },
}

/** @param {string} name */
async function outcomeOf(name) {
  try {
    return (await questions[name]?.()) ?? null
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
    return { code: code ?? message }
  }
}

/** Opens files until there are only so many descriptors left. @param {number} left */
function useUp(left) {
  /** @type {number[]} */
  const opened = []
  try {
    for (;;) opened.push(openSync(devNull, 'r'))
  } catch {
    for (let count = 0; count < left; count++) closeSync(opened.pop() ?? -1)
  }
  return opened
}

// Opened before there is nothing left to open it with.
process.stdout.write('')
process.stdout.write(`${JSON.stringify(await outcomeOf(question))}\n`)
process.exit()
