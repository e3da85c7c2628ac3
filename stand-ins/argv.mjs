// @ts-check

import releases from './predecessor-releases.cjs'

/** The command lines that the predecessor's starter leaves behind, to the byte. */

export const PYTHON = '/home/dev/.local/pipx/venvs/spec-kitty-cli/bin/python'

/**
 * Returns the arguments of a sync daemon. Without a root it is a daemon of the time before the marker.
 *
 * @param {number} port @param {string} token @param {string | undefined} root @param {string} version
 */
export function syncArguments(port, token, root, version) {
  const head = releases.setsVariable(version)
    ? 'import os\nos.environ["SPEC_KITTY_SYNC_MINIMAL_IMPORT"] = "1"\n'
    : ''
  const script = `${head}from specify_cli.sync.daemon import run_sync_daemon
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

/** What Python does not print as it is: controls, blanks but the space, and all that is no character. */
const UNPRINTABLE = /(?! )[\p{C}\p{Z}]/gu

/** @type {Record<string, string>} */
const SHORT = { '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/**
 * Returns the text as the string literal that Python's `repr` writes: double quotes only where it has a single
 * one and no double. A byte that is no UTF-8 stands in the text as a lone surrogate, U+DC80 to U+DCFF.
 *
 * @param {string} text
 */
export function repr(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll(UNPRINTABLE, (char) => SHORT[char] ?? escape(char.codePointAt(0) ?? 0))
  return `${quote}${escaped}${quote}`
}

/** @param {number} code */
function escape(code) {
  const hex = code.toString(16)
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
