import { existsSync, readFileSync } from 'node:fs'

/** What strace recorded about a command and the daemons that it started. */

/** A signal that a process sent, or tried to send. */
export interface Sent {
  readonly at: number
  readonly from: number
  readonly call: string
  /** The pid in the call; 0 and negative numbers mean groups. */
  readonly to: number
  /** `0` only tests whether the process exists. */
  readonly signal: string
  readonly hasArrived: boolean
  /** True if no such process existed. */
  readonly isToNobody: boolean
}

/** A program that a process executed. */
export interface Became {
  readonly at: number
  readonly pid: number
  readonly words: string
}

/** A read of the kernel's information about a process. */
export interface Looked {
  readonly at: number
  readonly pid: number
}

export interface Trace {
  readonly sent: readonly Sent[]
  /** Recorded only if the trial reassigns pids, because the traces would otherwise be too long. */
  readonly looked: readonly Looked[]
  readonly became: readonly Became[]
}

const SIGNALS = 'kill,tkill,tgkill,pidfd_send_signal,pidfd_open,execve'

export function straceTo(path: string, hasLooks: boolean): readonly string[] {
  const calls = hasLooks ? `${SIGNALS},openat` : SIGNALS
  const options = ['-D', '-f', '-qq', '--seccomp-bpf', '-ttt', '-s', '400', '-e', 'signal=none']
  return ['strace', ...options, '-e', `trace=${calls}`, '-o', path]
}

const LINE = /^(\d+)\s+(\d+\.\d+) (\w+)\((.*)\)\s+= (-?\d+(?: E\w+)?)/
/** If another process wrote a line in between, the end of the call is on a separate line. */
const UNFINISHED = /^(\d+)\s+(\d+\.\d+) (\w+)\((.*?)\s*<unfinished \.\.\.>$/
const RESUMED = /^(\d+)\s+\d+\.\d+ <\.\.\. (\w+) resumed>(.*)\)\s+= (-?\d+(?: E\w+)?)/

export function readTrace(path: string): Trace {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  const open = new Map<string, readonly [string, string, string, string]>()
  const sent: Sent[] = []
  const became: Became[] = []
  const looked: Looked[] = []
  const note = (pid: string, at: string, call: string, args: string, result: string): void => {
    if (call === 'execve') {
      if (result === '0') became.push({ at: Number(at) * 1000, pid: Number(pid), words: args })
    } else if (call === 'openat') {
      const looks = /"\/proc\/(\d+)\//.exec(args)?.[1]
      if (looks !== undefined) looked.push({ at: Number(at) * 1000, pid: Number(looks) })
    } else sent.push(sentOf(pid, at, call, args, result))
  }
  for (const line of lines) {
    const whole = LINE.exec(line)
    const begun = UNFINISHED.exec(line)
    const resumed = RESUMED.exec(line)
    if (whole !== null) note(...(whole.slice(1) as [string, string, string, string, string]))
    else if (begun !== null)
      open.set(`${begun[1]} ${begun[3]}`, begun.slice(1) as [string, string, string, string])
    else if (resumed !== null) {
      const first = open.get(`${resumed[1]} ${resumed[2]}`)
      open.delete(`${resumed[1]} ${resumed[2]}`)
      if (first !== undefined)
        note(first[0], first[1], first[2], first[3] + (resumed[3] ?? ''), resumed[4] ?? '')
    }
  }
  // A call without a recorded end may still have had its effect.
  for (const [pid, at, call, args] of open.values()) note(pid, at, call, args, '0')
  return { sent, became, looked }
}

function sentOf(pid: string, at: string, call: string, args: string, result: string): Sent {
  const words = args.split(/,\s*/)
  const isThread = call === 'tgkill'
  const common = {
    at: Number(at) * 1000,
    from: Number(pid),
    call,
    hasArrived: result === '0',
    isToNobody: result.endsWith('ESRCH'),
  }
  if (call === 'pidfd_open') return { ...common, to: Number(words[0]), signal: '0' }
  return { ...common, to: Number(words[0]), signal: words[isThread ? 2 : 1] ?? '' }
}
