import { readFileSync } from 'node:fs'

/** A system call of an action: the how-manieth of its name in a process or thread of it. */
export interface Call {
  readonly name: string
  readonly nth: number
  /** Whether one of our files, sockets, children or signals is concerned. */
  readonly isOurs: boolean
  /** What strace says of it, shortened. */
  readonly about: string
}

const ENDINGS = new Set(['exit', 'exit_group', 'rt_sigreturn', 'restart_syscall'])

/** Returns the calls that a trace shows. The same call of several processes is one: an injection meets all of them. */
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
 * Our files are those of the stage, the facts about processes in /proc, and what is not read by Node for itself. The working
 * directory, which strace adds to every path, says nothing.
 */
export function isAboutUs(call: string, stage: string): boolean {
  // The event loop is libuv's, which ends the process where it fails.
  if (/\bepoll_\w+\(/.test(call)) return false
  // Node looks at its standard streams before anything else, and at its end, and aborts the process where it cannot.
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

/** What an injection met, as the trace of the trial tells. */
export interface Hit {
  readonly isHit: boolean
  /** How many calls it met: a command and its daemon each count their own. */
  readonly count: number
  /** Whether it met a call of Node's own, which Node may answer with an abort. */
  readonly isNodesToo: boolean
  /** Its lines of the trace. */
  readonly met: readonly string[]
  readonly isOurs: boolean
  /** Whether a file of our package was concerned, which Node reads for us. */
  readonly isPackage: boolean
}

/**
 * The release of libuv's lock of signals. The lock is a byte in a pipe. The signal handler ignores that it could not put the byte back,
 * and whatever starts or stops a signal handle later reads the pipe for ever.
 */
export const UNLOCKING = /^\d+\s+write\(\d+<pipe:\[\d+\]>, "\*", 1\)/

/** What a command says on stderr, which is lost then. */
export const MESSAGE = /^\d+\s+write\(2</

/** Whether the process itself met such a call: a command and its daemon may meet the same fault in different calls. */
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
  const dead = lines.findIndex((line) => line.includes('+++ killed by SIGKILL'))
  return {
    isHit: dead !== -1,
    count: dead === -1 ? 0 : 1,
    isNodesToo: false,
    met: [],
    isOurs: dead !== -1,
    isPackage: false,
  }
}

/** Joins the calls that strace printed in two parts, because another thread's came between: the arguments are in the first. */
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
 * The errors that a call may meet. None of them is a lie: ENOENT and ESRCH would tell that something is absent that is there,
 * and nothing could be right about an answer to that.
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

/** The names of the calls that can be met. Tracing these only is much faster than tracing all. */
export const KNOWN: readonly string[] = Object.keys(ERRORS)

export function errorsOf(name: string): readonly string[] {
  return ERRORS[name] ?? ['EINTR', 'ENOMEM']
}
