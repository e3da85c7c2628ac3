import { FamiliarError } from '../../errors.js'
import { assertRuntime } from '../../runtime.js'
import type { Platform } from './platform.js'

/**
 * Returns the backend of the running system (Linux, macOS or Windows) and loads only that one. Throws
 * `E_PLATFORM_UNSUPPORTED` on any other system. There is no fallback, because it would have to guess. Throws
 * `E_RUNTIME_UNSUPPORTED` in a runtime that is not Node, because starting a daemon, or the child of a scan, could start
 * something else there. Throws `E_SCAN_IMPOSSIBLE` on Linux if /proc does not show the processes of our pid namespace. So
 * a caller that has a backend need not check these again before it scans, writes records or sends signals.
 */
export async function selectPlatform(): Promise<Platform> {
  assertRuntime()
  switch (process.platform) {
    case 'linux': {
      const { assertOwnProc, linux } = await import('./linux.js')
      assertOwnProc()
      return linux
    }
    case 'darwin':
      return (await import('./darwin.js')).createDarwin()
    case 'win32':
      return (await import('./win32.js')).createWin32()
    default:
      throw new FamiliarError('E_PLATFORM_UNSUPPORTED', `cannot look at processes on ${process.platform}`, {
        hint: 'Linux, macOS and Windows are supported',
      })
  }
}

/**
 * Returns whether the kernel of this system reports which process holds a lock (Linux). On other systems a lock must be
 * tried.
 */
export function kernelNamesHolders(): boolean {
  return process.platform === 'linux'
}

/** Returns whether Ctrl+C reaches a process group. On Windows it reaches the processes of a console. */
export function hasProcessGroups(): boolean {
  return process.platform !== 'win32'
}
