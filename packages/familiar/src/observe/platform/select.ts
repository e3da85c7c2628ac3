import { FamiliarError } from '../../errors.js'
import type { Platform } from './platform.js'

/**
 * Returns the backend of the running system, loading only that one. Throws `E_PLATFORM_UNSUPPORTED` on any other
 * system: there is no fallback that would have to guess.
 */
export async function selectPlatform(): Promise<Platform> {
  switch (process.platform) {
    case 'linux':
      return (await import('./linux.js')).linux
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
