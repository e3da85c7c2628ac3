// @ts-check

import releases from './predecessor-differences.cjs'

/** The command lines of daemons that the predecessor started, byte for byte. */

export const PYTHON = '/home/dev/.local/pipx/venvs/spec-kitty-cli/bin/python'

/**
 * Returns the arguments of a sync daemon. Without a root, those of a release that has no root marker yet.
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

/**
 * What Python's `repr` escapes: controls, separators except the space, surrogates, private and unassigned code points.
 */
const UNPRINTABLE = /(?! )[\p{C}\p{Z}]/gu

/** @type {Record<string, string>} */
const SHORT = { '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/**
 * Returns the text as the string literal that Python's `repr` writes: in double quotes only if it contains a single
 * quote and no double quote. A lone surrogate in the text, U+DC80 to U+DCFF, stands for a byte that is not UTF-8.
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
