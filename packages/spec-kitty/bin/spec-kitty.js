#!/usr/bin/env node
const fs = require('node:fs')

const args = process.argv.slice(2)
/** The last byte of a text that is there whole. */
const END_OF_TEXT = 3
const EMPTY = { code: 'MODULE_NOT_FOUND' }
const text = readyText(args)
if (text === null) runCommand()
else print(text)

function runCommand() {
  try {
    // Of its beginning, only an empty file compiles: the build sees to it (scripts/whole-chunk.mjs).
    if (!require('../command/main.js').isWhole) explain(Object.assign(new Error('it is empty'), EMPTY))
  } catch (error) {
    explain(error)
  }
}

/**
 * Returns the version or a page of the help as the build has written it down, so that they take no longer than Node itself.
 * Null for everything else, for a text without its end, and for a page on a terminal, which has a width and colours, or with a wish for them.
 */
function readyText(args) {
  const name = nameOfText(args)
  if (name === null || (name !== 'version' && isShownOnTerminal())) return null
  try {
    const bytes = fs.readFileSync(`${__dirname}/../command/texts/${name}`)
    return bytes.at(-1) === END_OF_TEXT ? bytes.subarray(0, -1) : null
  } catch {
    return null
  }
}

/** `sync status --help` and `help sync status` both ask for the text `help.sync.status`. */
function nameOfText(args) {
  const [first, ...further] = args
  if (args.length === 1 && ['--version', '-v', '-V', 'version'].includes(first)) return 'version'
  const isFlagged = ['--help', '-h'].includes(args.at(-1))
  const words = isFlagged && first !== 'help' ? args.slice(0, -1) : further
  const isAsked = isFlagged || first === 'help' || args.length === 0
  return isAsked && words.every((word) => /^[a-z][a-z-]*$/.test(word)) ? ['help', ...words].join('.') : null
}

/** Asking a stream would load the streams of Node, which takes a tenth of its start. */
function isShownOnTerminal() {
  if (process.env.FORCE_COLOR || process.env.COLUMNS) return true
  try {
    const output = fs.fstatSync(1)
    return output.isCharacterDevice() && output.rdev !== fs.statSync('/dev/null').rdev
  } catch {
    return true
  }
}

/** A reader that is gone had enough; any other failed write has lost output. */
function print(bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += fs.writeSync(1, bytes, at)
    } catch (error) {
      if (error.code === 'EPIPE') return
      if (error.code !== 'EAGAIN')
        return fail(`cannot write the output: ${error.code} (only the output is lost)`, 2)
      // The pipe is full, and another process has made it non-blocking.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

/**
 * Says why there is no command to run: this is a checkout of the source that was not built, an installation that is being
 * replaced, or the system does not let this process read its files. Needs no other file, because none need be there.
 */
function explain(cause) {
  const { exit, ...error } = problemOf(cause)
  if (args.includes('--json')) {
    const document = { schema_version: 3, ok: false, error }
    print(Buffer.from(`${JSON.stringify(document)}\n`))
  }
  fail(`${error.message} (${error.remediation})`, exit)
}

function problemOf(cause) {
  if (['EMFILE', 'ENFILE', 'ENOMEM'].includes(cause.code)) {
    return {
      code: 'E_RESOURCES',
      message: `this process has too few resources: ${cause.message}`,
      remediation: 'raise its limits (ulimit -n), or end something else, and try again',
      exit: 75,
    }
  }
  // What Node cannot read in a file that is written at this moment, it calls wrong.
  const isUnfinished =
    cause instanceof SyntaxError || isOfOtherType(cause) || isNotThere(cause) || !isTypeKnown()
  if (!isUnfinished && cause.syscall === undefined) throw cause
  if (!isUnfinished) {
    return {
      code: 'E_INTERNAL',
      message: `internal error: ${cause.message}`,
      remediation: 'let this user read the files of spec-kitty, or reinstall it',
      exit: 2,
    }
  }
  return isUnbuilt()
    ? {
        code: 'E_NOT_BUILT',
        message: 'this checkout of the source has not been built',
        remediation: "run 'npm ci && npm run build' in it",
        exit: 2,
      }
    : {
        code: 'E_INSTALLATION_CHANGED',
        message: 'this installation is incomplete, or it is being replaced or removed',
        remediation: 'run the command again; if it says the same then, install spec-kitty again',
        exit: 75,
      }
}

/** Node looked for a file in vain, or found it, and it was not there any more when Node opened it. */
function isNotThere({ code, syscall }) {
  return code === 'MODULE_NOT_FOUND' || (syscall === 'open' && ['ENOENT', 'ENOTDIR'].includes(code))
}

/** Node could not read `command/package.json` when it loaded the command. */
function isOfOtherType({ message }) {
  return /not defined in ES module scope/.test(message)
}

/** Without this file, Node takes the parts of the command for modules of another type, and fails in several ways. */
function isTypeKnown() {
  try {
    const text = fs.readFileSync(`${__dirname}/../command/package.json`, 'utf8')
    return JSON.parse(text).type === 'commonjs'
  } catch {
    return false
  }
}

function fail(message, exit) {
  process.stderr.on('error', () => undefined)
  process.stderr.write(`spec-kitty: ${message}\n`)
  // An upgrade must not fail because of a daemon.
  process.exitCode = args[0] === 'upgrade-hook' ? 0 : exit
}

function isUnbuilt() {
  return fs.existsSync(`${__dirname}/../src/main.ts`) && !fs.existsSync(`${__dirname}/../command/main.js`)
}
