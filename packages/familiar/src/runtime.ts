import { FamiliarError } from './errors.js'

/**
 * Runtimes that can run Node programs but no daemon, each recognised by its entry in `process.versions`, with what is
 * missing there.
 */
const OTHERS = [
  {
    key: 'bun',
    name: 'Bun',
    lack: 'it has not been shown to read the startup pipe of a daemon (a net.Socket on an inherited file descriptor) or to hold its native file locks',
  },
  {
    key: 'deno',
    name: 'Deno',
    lack: 'it starts a daemon with another command line than Node, by which the daemon would not be recognised, and has not been shown to read its startup pipe (a net.Socket on an inherited file descriptor)',
  },
  {
    key: 'electron',
    name: 'Electron',
    lack: 'its executable is the application, so starting a daemon would start the application again',
  },
] as const

/**
 * Throws `E_RUNTIME_UNSUPPORTED` in Bun, in Deno, in Electron and in a single executable application, naming the runtime
 * and what is missing there. Called before a daemon is searched for, started or served: in these runtimes that would fail
 * halfway, or leave a daemon that no other command recognises.
 */
export function assertRuntime(
  versions: Readonly<Record<string, string | undefined>> = process.versions,
  isSingleExecutable: boolean = isSea(),
): void {
  for (const { key, name, lack } of OTHERS) {
    const version = versions[key]
    if (version !== undefined) throw unsupported(`${name} ${version}`, lack)
  }
  if (isSingleExecutable) {
    throw unsupported(
      'a single executable application',
      'to start a daemon would start the application again',
    )
  }
}

function unsupported(where: string, lack: string): FamiliarError {
  return new FamiliarError('E_RUNTIME_UNSUPPORTED', `background daemons do not work in ${where}: ${lack}`, {
    hint: 'run this tool with Node 20.20 or later',
  })
}

/**
 * Returns whether Node and the tool are one file (a single executable application). Some runtimes lack the module that
 * reports this.
 */
function isSea(): boolean {
  const sea = process.getBuiltinModule?.('node:sea') as { readonly isSea?: () => boolean } | undefined
  return sea?.isSea?.() === true
}
