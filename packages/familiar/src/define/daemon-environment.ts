/** The environment variables that nearly every program needs: the paths, the user, and the language. */
const EVERYWHERE = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'TZ',
  'TMPDIR',
  'TMP',
  'TEMP',
  'XDG_*',
  'FAMILIAR_*',
  // Windows
  'APPDATA',
  'COMSPEC',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOCALAPPDATA',
  'PATHEXT',
  'PROGRAMDATA',
  'SYSTEMDRIVE',
  'SYSTEMROOT',
  'USERNAME',
  'USERPROFILE',
  'WINDIR',
] as const

/**
 * `NODE_*` variables configure the caller's own Node (options, preloads, coverage, debugging, a channel to its parent),
 * and `LISTEN_*` describe sockets that a service manager passed to the caller. Neither is meant for a daemon, which
 * outlives its caller.
 */
const NEVER = ['NODE_*', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'] as const

const CERTIFICATES = 'NODE_EXTRA_CA_CERTS'

/**
 * A daemon needs no threads for V8. No option of V8 itself may stand here, such as one that limits the memory: with it,
 * Node refuses the compiled form of its own modules, and a daemon takes 20 ms longer to start.
 */
const NODE_OPTIONS = '--v8-pool-size=0'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Returns the whole environment of a daemon: the variables that every program needs, and those that the patterns of the
 * author add (`NAME`, `PREFIX_*`, `*`) and do not exclude (`!NAME`). Upper and lower case are equal, as on Windows.
 */
export function daemonEnvironment(env: Environment, patterns: readonly string[]): Environment {
  const excluded = patterns.filter((one) => one.startsWith('!')).map((one) => one.slice(1))
  const kept = Object.entries(env).filter(
    ([name]) =>
      matchesAny(name, [...EVERYWHERE, ...patterns]) &&
      (!matchesAny(name, NEVER) || isTrusted(name, patterns)) &&
      !matchesAny(name, excluded),
  )
  // NODE_V8_COVERAGE must be set explicitly, because Node copies it from the caller into any child environment without
  // it.
  return { ...Object.fromEntries(kept), NODE_OPTIONS, NODE_V8_COVERAGE: undefined }
}

/**
 * This variable (additional TLS certificates) is inherited if its full name is given, because a daemon that connects to a
 * server may need it.
 */
function isTrusted(name: string, patterns: readonly string[]): boolean {
  return name.toUpperCase() === CERTIFICATES && patterns.some((one) => one.toUpperCase() === CERTIFICATES)
}

function matchesAny(name: string, patterns: readonly string[]): boolean {
  const upper = name.toUpperCase()
  return patterns.some((pattern) => {
    const wanted = pattern.toUpperCase()
    return wanted.endsWith('*') ? upper.startsWith(wanted.slice(0, -1)) : upper === wanted
  })
}

/** Returns whether a switch is on: its variable is set, and the value is not an empty text, 0, false, no or off. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(?:|0|false|no|off)$/i.test(value.trim())
}
