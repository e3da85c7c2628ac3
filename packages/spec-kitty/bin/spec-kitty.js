#!/usr/bin/env node
try {
  require('../command/main.js')
} catch (error) {
  explain(process.argv.slice(2), error)
}

/**
 * Says why there is no command to run: this is a checkout of the source that was not built, an installation that is being
 * replaced, or the system does not let this process read its files. Needs no other file, because none need be there.
 */
function explain(args, cause) {
  const { exit, ...error } = problemOf(cause)
  process.stderr.write(`spec-kitty: ${error.message} (${error.remediation})\n`)
  if (args.includes('--json')) {
    const document = { schema_version: 3, ok: false, error }
    process.stdout.write(`${JSON.stringify(document)}\n`)
  }
  // An upgrade must not fail because of a daemon.
  process.exitCode = args[0] === 'upgrade-hook' ? 0 : exit
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
  const isUnfinished = cause instanceof SyntaxError || cause.code === 'MODULE_NOT_FOUND' || !isTypeKnown()
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
        message: 'this installation was replaced or removed while the command ran',
        remediation: 'run the command again; if it says the same then, reinstall spec-kitty',
        exit: 75,
      }
}

/** Without this file, Node takes the parts of the command for modules of another type, and fails in several ways. */
function isTypeKnown() {
  try {
    const text = require('node:fs').readFileSync(`${__dirname}/../command/package.json`, 'utf8')
    return JSON.parse(text).type === 'commonjs'
  } catch {
    return false
  }
}

function isUnbuilt() {
  const { existsSync } = require('node:fs')
  return existsSync(`${__dirname}/../src/main.ts`) && !existsSync(`${__dirname}/../command/main.js`)
}
