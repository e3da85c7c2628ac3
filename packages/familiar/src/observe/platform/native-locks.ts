import { isAbsolute } from 'node:path'
import { errnoOf } from '../../errors.js'

/** The part of the package `fs-native-extensions` that this library uses. */
export interface NativeLocks {
  /** Tries to lock a range of an open file; returns false if another process holds it. Throws the system's error. */
  readonly tryLock: (
    descriptor: number,
    offset: number,
    length: number,
    options?: { readonly shared: boolean },
  ) => boolean
}

/**
 * Loads `fs-native-extensions` from a `node_modules` directory above the file that this code runs from. So a bundle needs
 * that package beside it, and no bundler can include its native part by mistake. Does not use `import()`, which needs
 * threads (Node aborts if it cannot create one) and caches a failure. Throws what `require` or the loader of the package
 * throws.
 */
export function requireNativeLocks(): NativeLocks {
  const require = requireFrom(runningFile())
  return loadAddon(require) ?? (require('fs-native-extensions') as NativeLocks)
}

/** The native part of the package. It throws `EAGAIN` if another process holds the range. */
interface Addon {
  readonly tryLock: (descriptor: number, offset: number, length: number, isExclusive: boolean) => void
}

/**
 * Loads the native part by its path in the package. The package itself searches for it with ten modules, which takes 20
 * of the 100 ms of processor time that a daemon needs until it is ready (Node 20). Returns null on any failure: the
 * package then finds the file, or reports what is wrong.
 */
function loadAddon(load: NodeJS.Require): NativeLocks | null {
  const build = `${process.platform}-${process.arch}`
  try {
    const addon = load(`fs-native-extensions/prebuilds/${build}/fs-native-extensions.node`) as Addon
    return typeof addon.tryLock === 'function' ? locksOf(addon) : null
  } catch {
    return null
  }
}

function locksOf({ tryLock }: Addon): NativeLocks {
  return {
    tryLock: (descriptor, offset, length, options) => {
      try {
        tryLock(descriptor, offset, length, options?.shared !== true)
        return true
      } catch (error) {
        if (errnoOf(error) === 'EAGAIN') return false
        throw error
      }
    },
  }
}

/** Returns the main file of `fs-native-extensions`, or only its name if it is not installed. */
export function nativeLocksFile(): string {
  const require = requireFrom(runningFile())
  try {
    return require.resolve('fs-native-extensions')
  } catch {
    return 'fs-native-extensions'
  }
}

/** Loads `fs-native-extensions` from that file. For a process whose code is not in a file. */
export function requireNativeLocksFrom(file: string): NativeLocks {
  return requireFrom(file)(file) as NativeLocks
}

/** Node's own module is loaded with the first lock, because most commands need none. */
function requireFrom(file: string): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(file)
}

/**
 * Returns the file that this code runs from, as a path or a URL; in a bundle, the file of the bundle. CommonJS has only
 * `__filename` (esbuild leaves `import.meta` empty there), and ES modules have only `import.meta`. If neither names a
 * file (`node -e`), returns the executable.
 */
export function runningFile(): string {
  if (typeof __filename === 'string' && isAbsolute(__filename)) return __filename
  const url = (import.meta as { readonly url?: string }).url
  return url?.startsWith('file:') === true ? url : process.execPath
}
