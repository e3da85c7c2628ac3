// @ts-check

/** The command lines that the predecessor's starter leaves behind, to the byte. */

export const PYTHON = '/home/dev/.local/pipx/venvs/spec-kitty-cli/bin/python'

/**
 * Returns the arguments of a sync daemon. Without a root it is a daemon of the time before the marker.
 *
 * @param {number} port @param {string} token @param {string | undefined} root
 */
export function syncArguments(port, token, root) {
  const script = `import os
os.environ["SPEC_KITTY_SYNC_MINIMAL_IMPORT"] = "1"
from specify_cli.sync.daemon import run_sync_daemon
run_sync_daemon(${port}, ${repr(token)})
`
  const markers = [`--spec-kitty-daemon-root=${root}`, '--spec-kitty-daemon-exec=/usr/bin/python3.11']
  return ['-c', script, ...(root === undefined ? [] : markers)]
}

/**
 * Returns the arguments of a dashboard.
 *
 * @param {number} port @param {string} token @param {string} project
 */
export function dashboardArguments(port, token, project) {
  const script = `
import sys
from pathlib import Path
repo_root = Path('/home/dev/src/spec-kitty/src')
# Always insert at position 0 to ensure correct spec-kitty version takes priority
# over any other paths in PYTHONPATH or .pth files
sys.path.insert(0, str(repo_root))
from specify_cli.dashboard.server import run_dashboard_server
run_dashboard_server(Path(${repr(project)}), ${port}, ${repr(token)})
`
  return ['-c', script]
}

/**
 * Returns the text as a Python string literal: double quotes only where it has a single one and no double.
 *
 * @param {string} text
 */
function repr(text) {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  if (!text.includes("'")) return `'${escaped}'`
  return text.includes('"') ? `'${escaped.replaceAll("'", "\\'")}'` : `"${escaped}"`
}
