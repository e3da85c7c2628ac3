/**
 * Returns the command that shows since when processes run, whose they are, and their whole command lines. It only looks, and runs
 * as it is printed.
 */
export function lookCommand(pids: readonly number[], system: NodeJS.Platform = process.platform): string {
  if (system !== 'win32') return `ps -ww -p ${pids.join(',')} -o lstart,user,args`
  const filter = pids.map((pid) => `ProcessId=${pid}`).join(' or ')
  return `powershell -NoProfile -Command "Get-CimInstance Win32_Process -Filter '${filter}' | Format-List ProcessId,CreationDate,CommandLine"`
}
