import { reportFailure, type Io } from 'familiar/cli'

/** What a command did, run in this process as `main` runs it: in a pipe, with nobody to ask. */
export interface RanHere {
  readonly exit: number
  readonly out: string
  readonly err: string
}

/** Runs the module of a command in this process. The environment is that of the process. With `isJson`, a failure is a document. `columns`: the width of the screen. */
export async function runCommandHere(
  name: string,
  args: readonly string[],
  cwd: string,
  isJson = false,
  columns: number | null = null,
): Promise<RanHere> {
  const said = { out: '', err: '' }
  const io = {
    program: 'spec-kitty',
    help: 'spec-kitty --help',
    env: process.env,
    cwd: () => cwd,
    isInteractive: false,
    isTerminal: false,
    isVerbose: false,
    isOutputClosed: false,
    columns,
    errorColumns: columns,
    hasColor: false,
    hasErrorColor: false,
    rewriteLine: null,
    watchOutput: () => () => true,
    flushed: () => Promise.resolve(),
    out: (text: string) => void (said.out += text),
    err: (text: string) => void (said.err += text),
    confirm: () => Promise.resolve(false),
    releaseInterrupt: () => undefined,
    exit: () => {
      throw new Error('a command ended the process')
    },
  } satisfies Io
  const module = await import(`../../src/commands/${name}.ts`)
  try {
    const exit: number = await module.run(args, io)
    return { exit, ...said }
  } catch (error) {
    const exit = reportFailure(error, io, isJson, false)
    return { exit, ...said }
  }
}
