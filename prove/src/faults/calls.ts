import { readFileSync } from 'node:fs'

/** One system call of an action: the `nth` call of this name in a process or thread. */
export interface Call {
  readonly name: string
  readonly nth: number
  /** Whether the call concerns one of our files, sockets, children or signals. */
  readonly isOurs: boolean
  /** The line of strace for the call, shortened. */
  readonly about: string
}

const ENDINGS = new Set(['exit', 'exit_group', 'rt_sigreturn', 'restart_syscall'])

/** Returns the calls in a trace. The same call of several processes counts as one, because an injection affects all of them. */
export function callsIn(trace: string, stage: string): readonly Call[] {
  const counts = new Map<string, number>()
  const calls = new Map<string, Call>()
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const [, thread, name = ''] = /^(\d+)\s+(\w+)\(/.exec(line) ?? []
    if (thread === undefined || ENDINGS.has(name)) continue
    const nth = (counts.get(`${thread} ${name}`) ?? 0) + 1
    counts.set(`${thread} ${name}`, nth)
    const before = calls.get(`${name} ${nth}`)
    const isOurs = isAboutUs(line, stage)
    if (before !== undefined && (before.isOurs || !isOurs)) continue
    calls.set(`${name} ${nth}`, { name, nth, isOurs, about: shortened(line, stage) })
  }
  return [...calls.values()]
}

/**
 * Returns whether a call concerns us: a file of the stage, a fact about processes in /proc, a socket, a child or a
 * signal. Files that Node reads for itself do not count. strace adds the working directory to every path, so that proves
 * nothing.
 */
export function isAboutUs(call: string, stage: string): boolean {
  // Excluded: libuv ends the process if its event loop fails, so our code cannot handle such a fault.
  if (/\bepoll_\w+\(/.test(call)) return false
  // Excluded: at its start and its end, Node checks its standard streams, and aborts the process if it cannot.
  if (/\b(?:(?:new)?fstat(?:at)?|fcntl)\([012]</.test(call)) return false
  const line = call.replace(/AT_FDCWD<[^>]*>/g, 'AT_FDCWD')
  if (line.includes(stage)) return true
  if (/\/proc\/(?:\d+|self)\/(?:maps|cgroup|mem|statm)/.test(line)) return false
  if (/["<]\/proc\/(?:\d+|self|net|locks|sys\/kernel)/.test(line)) return true
  if (/<(?:TCP|TCPv6|UNIX|UNIX-STREAM|socket)[:>]/.test(line)) return true
  if (
    /\b(?:socket|socketpair|connect|bind|listen|accept4|kill|tgkill|pidfd_open|pidfd_send_signal|vfork|fork)\(/.test(
      line,
    )
  )
    return true
  return /\bexecve\(/.test(line) || (/\bclone3?\(/.test(line) && !line.includes('CLONE_THREAD'))
}

function shortened(line: string, stage: string): string {
  return line
    .replace(/^\d+\s+/, '')
    .replaceAll(stage, '')
    .replace(/\s+/g, ' ')
    .slice(0, 100)
}

/** What an injected fault affected, according to the trace of the trial. */
export interface Hit {
  readonly isHit: boolean
  /** How many calls the fault affected. A command and its daemon each count their own. */
  readonly count: number
  /** Whether the fault affected a call of Node's own, which Node may answer with an abort. */
  readonly isNodesToo: boolean
  /** The lines of the trace for the affected calls. */
  readonly met: readonly string[]
  readonly isOurs: boolean
  /** Whether the fault affected a file of our package, which Node reads for us. */
  readonly isPackage: boolean
}

/**
 * Matches libuv releasing its signal lock. The lock is a byte in a pipe. If the signal handler cannot put the byte back,
 * it ignores that. The next code that starts or stops a signal handle then reads from the pipe forever.
 */
export const UNLOCKING = /^\d+\s+write\(\d+<pipe:\[\d+\]>, "\*", 1\)/

/** Matches a command writing its message to stderr. Such a fault loses the message. */
export const MESSAGE = /^\d+\s+write\(2</

/**
 * Returns whether the fault affected such a call in this process. A command and its daemon may be affected in different
 * calls.
 */
export function hasMet({ met }: Hit, pid: number | undefined, call: RegExp): boolean {
  return met.some((line) => Number.parseInt(line, 10) === pid && call.test(line))
}

export function hitIn(trace: string, stage: string, fault: string): Hit {
  const lines = wholeLines(textOf(trace))
  if (fault !== 'SIGKILL') {
    const met = lines.filter((line) => line.includes('(INJECTED)'))
    return {
      isHit: met.length > 0,
      count: met.length,
      isNodesToo: met.some((line) => !isAboutUs(line, stage)),
      met,
      isOurs: met.some((line) => isAboutUs(line, stage)),
      isPackage: met.some((line) => /\/command\/[^">]*\.js/.test(line)),
    }
  }
  const killed = lines.filter((line) => line.includes('+++ killed by SIGKILL')).length
  return {
    isHit: killed > 0,
    count: killed,
    isNodesToo: false,
    met: [],
    isOurs: killed > 0,
    isPackage: false,
  }
}

/**
 * Joins a call that strace printed in two parts because a call of another thread came in between. The first part contains
 * the arguments.
 */
function wholeLines(trace: string): readonly string[] {
  const begun = new Map<string, string>()
  return trace.split('\n').map((line) => {
    const [thread = ''] = /^\d+/.exec(line) ?? []
    if (line.endsWith(UNFINISHED)) begun.set(thread, line.slice(0, -UNFINISHED.length))
    return line.replace(/^\d+\s+<\.\.\. \w+ resumed>/, () => begun.get(thread) ?? '')
  })
}

const UNFINISHED = ' <unfinished ...>'

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/**
 * The errors that each call may return. ENOENT and ESRCH are not among them, because they would claim that an existing
 * thing is absent, and then no answer could be right.
 */
const ERRORS: Readonly<Record<string, readonly string[]>> = {
  openat: ['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'EIO', 'ENOMEM', 'ENOSPC', 'EINTR', 'EROFS'],
  read: ['EIO', 'EINTR', 'ENOMEM'],
  pread64: ['EIO', 'EINTR'],
  readv: ['EIO', 'EINTR'],
  write: ['ENOSPC', 'EIO', 'EINTR', 'EDQUOT'],
  writev: ['EIO', 'EINTR', 'EPIPE', 'EAGAIN'],
  pwrite64: ['ENOSPC', 'EIO', 'EINTR', 'EDQUOT'],
  fsync: ['EIO', 'ENOSPC', 'EDQUOT'],
  fdatasync: ['EIO', 'ENOSPC', 'EDQUOT'],
  ftruncate: ['EIO', 'ENOSPC', 'EINTR'],
  rename: ['EIO', 'EACCES', 'ENOSPC', 'EPERM', 'EROFS'],
  mkdir: ['EACCES', 'ENOSPC', 'EROFS', 'EIO', 'EPERM'],
  unlink: ['EACCES', 'EIO', 'EBUSY', 'EPERM'],
  statx: ['EACCES', 'EIO', 'ENOMEM'],
  newfstatat: ['EACCES', 'EIO', 'ENOMEM'],
  fstat: ['EIO', 'ENOMEM'],
  lstat: ['EACCES', 'EIO'],
  stat: ['EACCES', 'EIO'],
  access: ['EACCES', 'EIO'],
  readlink: ['EACCES', 'EIO'],
  getdents64: ['EIO', 'EACCES'],
  close: ['EINTR'],
  socket: ['EMFILE', 'ENFILE', 'ENOBUFS', 'EACCES', 'EPERM', 'ENOMEM'],
  socketpair: ['EMFILE', 'ENFILE', 'ENOMEM'],
  connect: ['EPERM', 'EACCES', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EAGAIN'],
  bind: ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'],
  listen: ['EADDRINUSE'],
  accept4: ['EMFILE', 'ECONNABORTED', 'EAGAIN', 'ENFILE', 'EPERM'],
  clone: ['EAGAIN', 'ENOMEM', 'EPERM'],
  execve: ['EACCES', 'ENOMEM', 'EIO'],
  kill: ['EPERM'],
  fcntl: ['EINTR', 'EIO', 'ENOLCK'],
  inotify_add_watch: ['ENOSPC', 'ENOMEM', 'EACCES'],
  inotify_init1: ['EMFILE', 'ENFILE', 'ENOMEM'],
  epoll_ctl: ['ENOMEM', 'ENOSPC'],
  mmap: ['ENOMEM'],
  futex: ['EINTR', 'EAGAIN'],
  getsockname: ['ENOBUFS'],
  setsockopt: ['ENOMEM'],
  shutdown: ['ENOTCONN'],
  chmod: ['EPERM', 'EROFS', 'EIO'],
  fchmod: ['EPERM', 'EROFS', 'EIO'],
  chdir: ['EACCES', 'EIO'],
}

/** The names of the calls that can be injected. Tracing only these is much faster than tracing all. */
export const KNOWN: readonly string[] = Object.keys(ERRORS)

export function errorsOf(name: string): readonly string[] {
  return ERRORS[name] ?? ['EINTR', 'ENOMEM']
}
