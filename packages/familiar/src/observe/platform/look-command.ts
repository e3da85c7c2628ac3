/**
 * Returns the command that shows whose processes are, since when they run, their whole command lines, and their working
 * directories: of a daemon that names no home or project, the last may tell which it belongs to. It only looks, and is one
 * line that runs as it is printed. `pwdx` comes with the `ps` of Linux, `lsof` with macOS; Windows shows no working directory.
 */
export function lookCommand(pids: readonly number[], system: NodeJS.Platform = process.platform): string {
  if (system !== 'win32') {
    const where = system === 'darwin' ? `lsof -a -d cwd -p ${pids.join(',')}` : `pwdx ${pids.join(' ')}`
    return `ps -ww -p ${pids.join(',')} -o pid,user,lstart,args; ${where}`
  }
  const filter = pids.map((pid) => `ProcessId=${pid}`).join(' or ')
  return `powershell -NoProfile -Command "Get-CimInstance Win32_Process -Filter '${filter}' | Format-List ProcessId,CreationDate,CommandLine"`
}
