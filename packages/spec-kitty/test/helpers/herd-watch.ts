import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('herd-watch.mjs', import.meta.url))

/** What was seen of the listeners of a root, and who was killed meanwhile. */
export interface Seen {
  readonly samples: number
  /** Daemons of the root that listened at one and the same time, each time that there were several. */
  readonly several: readonly (readonly number[])[]
  /** How often no daemon listened, after one had to. */
  readonly none: number
  readonly killed: number | null
}

export interface Watch {
  /** From now on a daemon has to listen. */
  expectOne(): void
  stop(): Promise<Seen>
}

/** Who is killed, 0 for the first that takes the life-cycle lock, and how long after that lock was first taken. */
export interface Blow {
  readonly pid: number
  readonly afterMs: number
}

/** Looks at the listeners of a root again and again, in a process of its own. */
export function watchRoot(root: string): Promise<Watch> {
  return watch([root])
}

/** The same, and kills one of a herd. */
export function watchHerd(root: string, trace: string, { pid, afterMs }: Blow): Promise<Watch> {
  return watch([root, trace, String(pid), String(afterMs)])
}

async function watch(args: readonly string[]): Promise<Watch> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await once(child.stdout, 'data')
  return {
    expectOne: () => void child.stdin.write('one'),
    stop: async () => {
      child.stdin.end()
      await once(child, 'close')
      return JSON.parse(said) as Seen
    },
  }
}
